// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>

#include "base/error.hpp"
#include "fake_system.hpp"
#include "measure/clock.hpp"
#include "measure/meters/integrated.hpp"
#include "measure/meters/power_meter.hpp"

namespace opgauge {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Rapl : public testing::Test {
 protected:
  void domain(const std::string& folder, const std::string& name, long energy_uj,
              long range_uj = 1000000) {
    const std::string at = "sys/class/powercap/" + folder;
    fake.write(at + "/name", name + "\n");
    fake.write(at + "/max_energy_range_uj", std::to_string(range_uj));
    set(folder, energy_uj);
  }
  void set(const std::string& folder, long energy_uj) {
    fake.write("sys/class/powercap/" + folder + "/energy_uj", std::to_string(energy_uj) + "\n");
  }
  MeterSources sources() const { return {.system = fake.files()}; }
  FakeSystem fake;
};

TEST_F(Rapl, PackagesAndTheirDramAreSummedPartsAreNot) {
  domain("intel-rapl:0", "package-0", 1000);
  domain("intel-rapl:0:0", "core", 500);
  domain("intel-rapl:0:1", "dram", 100);
  domain("intel-rapl:1", "package-1", 2000);
  domain("intel-rapl:2", "psys", 9000);
  fake.write("sys/class/powercap/dtpm/name", "dtpm");
  const auto meter = open_rapl(sources());
  EXPECT_EQ(meter->name(), "rapl: package-0 + package-1 + dram of intel-rapl:0:1");
  EXPECT_EQ(meter->read_j(), 0);
  set("intel-rapl:0", 301000);
  set("intel-rapl:0:0", 200500);
  set("intel-rapl:0:1", 50100);
  set("intel-rapl:1", 152000);
  set("intel-rapl:2", 900000);
  EXPECT_DOUBLE_EQ(meter->read_j(), 0.5);
}

TEST_F(Rapl, WrappingRoundIsFollowedTwice) {
  domain("intel-rapl:0", "package-0", 900000);
  const auto meter = open_rapl(sources());
  set("intel-rapl:0", 100000);
  EXPECT_DOUBLE_EQ(meter->read_j(), 0.2);
  set("intel-rapl:0", 950000);
  EXPECT_DOUBLE_EQ(meter->read_j(), 1.05);
  set("intel-rapl:0", 0);
  EXPECT_DOUBLE_EQ(meter->read_j(), 1.1);
}

TEST_F(Rapl, AbsenceAndRefusalAreReasons) {
  EXPECT_THAT(error_of([&] { open_rapl(sources()); }), HasSubstr("/sys/class/powercap is absent"));
  domain("intel-rapl:0", "package-0", 1);
  fake.remove("sys/class/powercap/intel-rapl:0/energy_uj");
  std::filesystem::create_directory(
      fake.root() / "sys/class/powercap/intel-rapl:0/energy_uj");  // unreadable, also for root
  EXPECT_THAT(error_of([&] { open_rapl(sources()); }),
              AllOf(HasSubstr("only root"), HasSubstr("chmod a+r")));
}

TEST_F(Rapl, VanishingIsAnErrorOfTheReading) {
  domain("intel-rapl:0", "package-0", 1);
  const auto meter = open_rapl(sources());
  fake.remove("sys/class/powercap");
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("the meter vanished"));
}

class Hwmon : public Rapl {
 protected:
  void write(const std::string& file, const std::string& text) {
    fake.write("sys/class/hwmon/" + file, text);
  }
};

TEST_F(Hwmon, JetsonTotalRailIsVoltageTimesCurrent) {
  write("hwmon0/name", "nvme");
  write("hwmon0/temp1_input", "40000");
  write("hwmon1/name", "ina3221");
  write("hwmon1/in1_label", "VDD_IN");
  write("hwmon1/in1_input", "5000");
  write("hwmon1/curr1_input", "2000");
  write("hwmon1/in2_label", "VDD_CPU_GPU_CV");
  write("hwmon1/in2_input", "5000");
  write("hwmon1/curr2_input", "400");
  const auto before = std::chrono::steady_clock::now();
  const auto meter = open_hwmon(sources());
  EXPECT_EQ(meter->name(), "hwmon: ina3221 VDD_IN");
  const double first_j = meter->read_j();
  ::usleep(30000);
  const double second_j = meter->read_j();
  const double elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  EXPECT_GE(second_j - first_j, 10 * 0.03 * 0.999);  // 10 W
  EXPECT_LE(second_j, 10 * elapsed_s);
}

TEST_F(Hwmon, CumulativeSocketCounters) {
  write("hwmon3/name", "amd_energy");
  write("hwmon3/energy1_label", "Ecore000");
  write("hwmon3/energy1_input", "5");
  for (const char* socket : {"2", "3"}) {
    write(std::string("hwmon3/energy") + socket + "_label", std::string("Esocket") + socket);
    write(std::string("hwmon3/energy") + socket + "_input", "1000000");
  }
  const auto meter = open_hwmon(sources());
  EXPECT_EQ(meter->name(), "hwmon: amd_energy Esocket2 + Esocket3");
  EXPECT_EQ(meter->read_j(), 0);
  write("hwmon3/energy2_input", "3500000");
  EXPECT_DOUBLE_EQ(meter->read_j(), 2.5);
}

TEST_F(Hwmon, ASensorOfSomethingElseIsNoMeter) {
  EXPECT_THAT(error_of([&] { open_hwmon(sources()); }), HasSubstr("/sys/class/hwmon is absent"));
  write("hwmon0/name", "amdgpu");
  write("hwmon0/power1_average", "9000000");
  write("hwmon1/name", "ina219");  // two rails, neither of them known to be the whole
  write("hwmon1/power1_input", "1");
  write("hwmon1/power2_input", "1");
  EXPECT_THAT(error_of([&] { open_hwmon(sources()); }),
              HasSubstr("no sensor of the whole board or socket among amdgpu, ina219"));
  fake.remove("sys/class/hwmon/hwmon1/power2_input");
  EXPECT_EQ(open_hwmon(sources())->name(), "hwmon: ina219 power1_input");
}

TEST_F(Hwmon, VanishingWhileTheSamplerRuns) {
  write("hwmon1/name", "power_meter");
  write("hwmon1/power1_average", "9000000");
  const auto meter = open_hwmon(sources());
  meter->read_j();
  fake.remove("sys/class/hwmon");
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("the meter vanished"));
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("the meter vanished"));
}

TEST(PowerIntegral, TrapezoidsOfAscendingTimes) {
  PowerIntegral integral;
  integral.add(1, 10);
  EXPECT_EQ(integral.energy_j(), 0);
  integral.add(2, 20);
  EXPECT_EQ(integral.energy_j(), 15);
  integral.add(1.5, 1000);  // the clock went back: nothing is counted
  EXPECT_EQ(integral.energy_j(), 15);
  integral.add(4, 20);
  EXPECT_EQ(integral.energy_j(), 55);
}

class NvmlMeter : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"FAKE_NVML_ENERGY_MJ", "FAKE_NVML_POWER_MW", "FAKE_NVML_FAIL",
                             "CUDA_VISIBLE_DEVICES"})
      ::unsetenv(name);
  }
  static std::unique_ptr<PowerMeter> open(const std::string& gpu = "") {
    MeterSources sources;
    sources.nvml_library = OPGAUGE_FAKE_NVML;
    sources.gpu = gpu;
    return open_nvml(sources);
  }
};

TEST_F(NvmlMeter, TheEnergyCounterIsRead) {
  ::setenv("FAKE_NVML_ENERGY_MJ", "5000", 1);
  const auto meter = open();
  EXPECT_EQ(meter->name(), "nvml: Fake GPU (0)");
  EXPECT_EQ(meter->read_j(), 0);
  ::setenv("FAKE_NVML_ENERGY_MJ", "7500", 1);
  EXPECT_DOUBLE_EQ(meter->read_j(), 2.5);
  ::setenv("FAKE_NVML_ENERGY_MJ", "10", 1);
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("driver was reloaded"));
  ::setenv("FAKE_NVML_FAIL", "lost", 1);
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("GPU is lost"));
}

TEST_F(NvmlMeter, OldGpusAreIntegrated) {
  ::setenv("FAKE_NVML_POWER_MW", "30000", 1);
  const auto meter = open();
  EXPECT_EQ(meter->name(), "nvml: Fake GPU (0), integrated power");
  const double first_j = meter->read_j();
  ::usleep(20000);
  EXPECT_GE(meter->read_j() - first_j, 30 * 0.02 * 0.999);
  ::setenv("FAKE_NVML_FAIL", "lost", 1);
  EXPECT_THAT(error_of([&] { meter->read_j(); }), HasSubstr("the meter vanished"));
}

// CUDA numbers what it may see from 0: the meter must not read another process's card.
TEST_F(NvmlMeter, TheVisibleGpuIsRead) {
  ::setenv("FAKE_NVML_ENERGY_MJ", "5000", 1);
  ::setenv("CUDA_VISIBLE_DEVICES", "1,0", 1);
  EXPECT_EQ(open()->name(), "nvml: Other GPU (1)");
  EXPECT_EQ(open("0")->name(), "nvml: Fake GPU (0)");
  ::setenv("CUDA_VISIBLE_DEVICES", "GPU-other", 1);
  EXPECT_EQ(open()->name(), "nvml: Other GPU (GPU-other)");
  MeterSources sources;
  sources.nvml_library = OPGAUGE_FAKE_NVML;
  EXPECT_EQ(nvml_device_name(sources), "Other GPU");
  ::setenv("CUDA_VISIBLE_DEVICES", "GPU-none", 1);
  EXPECT_THAT(error_of([] { open(); }), HasSubstr("nvmlDeviceGetHandleByUUID failed"));
}

TEST_F(NvmlMeter, AbsenceIsAReason) {
  EXPECT_THAT(error_of([] { open("3"); }),
              HasSubstr("nvmlDeviceGetHandleByIndex failed: GPU is lost"));
  ::setenv("FAKE_NVML_FAIL", "init", 1);
  EXPECT_THAT(error_of([] { open(); }), HasSubstr("Driver Not Loaded"));
  MeterSources sources;
  sources.nvml_library = "libopgauge-no-such-library.so";
  const PowerMeterSearch search = find_power_meter("cuda", sources);
  EXPECT_EQ(search.meter, nullptr);
  EXPECT_THAT(search.reason(), AllOf(HasSubstr("nvml: "), HasSubstr("cannot be loaded")));
}

TEST_F(Hwmon, TheSearchPrefersRaplAndElseListsEveryReason) {
  MeterSources all = sources();
  PowerMeterSearch search = find_power_meter("cpu", all);
  EXPECT_EQ(search.meter, nullptr);
  EXPECT_THAT(search.reasons, AllOf(Contains(HasSubstr("rapl: /sys/class/powercap")),
                                    Contains(HasSubstr("hwmon: /sys/class/hwmon"))));
  write("hwmon1/name", "power_meter");
  write("hwmon1/power1_average", "9000000");
  EXPECT_THAT(find_power_meter("cpu", all).meter->name(), HasSubstr("hwmon"));
  domain("intel-rapl:0", "package-0", 1);
  EXPECT_THAT(find_power_meter("cpu", all).meter->name(), HasSubstr("rapl"));
  EXPECT_THAT(find_power_meter("tpu", all).reason(), HasSubstr("no kind of meter is known"));
}

}  // namespace
}  // namespace opgauge
