// SPDX-License-Identifier: Apache-2.0
#include "machine/virtualization.hpp"

#include <array>
#include <cstring>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace opgauge {
namespace {

struct Signature {
  std::string_view text;
  std::string_view name;
};

// CPUID leaf 0x40000000, as systemd's detect-virt and the vendors document them.
constexpr auto cpuid_signatures = std::to_array<Signature>({
    {"KVMKVMKVM", "kvm"},
    {"Linux KVM Hv", "kvm"},
    {"Microsoft Hv", "hyper-v"},
    {"VMwareVMware", "vmware"},
    {"XenVMMXenVMM", "xen"},
    {"TCGTCGTCGTCG", "qemu"},
    {"bhyve bhyve ", "bhyve"},
    {"VBoxVBoxVBox", "virtualbox"},
    {"prl hyperv  ", "parallels"},
    {"ACRNACRNACRN", "acrn"},
    {"QNXQVMBSQG", "qnx"},
});

// DMI product and vendor names, and the device tree's on ARM.
constexpr auto firmware_signatures = std::to_array<Signature>({
    {"KVM", "kvm"},
    {"OpenStack", "kvm"},
    {"Google Compute Engine", "kvm"},
    {"QEMU", "qemu"},
    {"linux,dummy-virt", "qemu"},
    {"VMware", "vmware"},
    {"VirtualBox", "virtualbox"},
    {"innotek GmbH", "virtualbox"},
    {"Virtual Machine", "hyper-v"},
    {"Xen", "xen"},
    {"Parallels", "parallels"},
    {"Apple Virtualization", "apple"},
});

template <size_t N>
std::string_view find_signature(const std::array<Signature, N>& table, std::string_view text) {
  for (const Signature& one : table) {
    if (text.find(one.text) != std::string_view::npos) return one.name;
  }
  return {};
}

}  // namespace

std::string cpuid_hypervisor() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 31))) return {};
  __cpuid(0x40000000, a, b, c, d);
  char text[13] = {};
  std::memcpy(text, &b, 4);
  std::memcpy(text + 4, &c, 4);
  std::memcpy(text + 8, &d, 4);
  return text[0] ? text : "unnamed";
#else
  return {};
#endif
}

std::string virtualization(const SystemFiles& system, const std::string& cpuid) {
  if (!cpuid.empty()) {
    const std::string_view name = find_signature(cpuid_signatures, cpuid);
    return name.empty() ? "unknown hypervisor" : std::string(name);
  }
  for (const char* file : {"product_name", "sys_vendor", "board_vendor", "bios_vendor"}) {
    const auto text = system.text(std::filesystem::path("sys/class/dmi/id") / file);
    if (const auto name = find_signature(firmware_signatures, text.value_or("")); !name.empty())
      return std::string(name);
  }
  const auto tree =
      system.text("proc/device-tree/compatible")
          .value_or(system.text("proc/device-tree/hypervisor/compatible").value_or(""));
  if (const auto name = find_signature(firmware_signatures, tree); !name.empty())
    return std::string(name);
  if (system.text("sys/hypervisor/type")) return *system.text("sys/hypervisor/type");
  return "none";
}

std::string container(const SystemFiles& system) {
  if (system.text(".dockerenv")) return "docker";
  if (system.text("run/.containerenv")) return "podman";
  const std::string groups = system.text("proc/1/cgroup").value_or("");
  for (const Signature& one : std::to_array<Signature>(
           {{"kubepods", "kubernetes"}, {"docker", "docker"}, {"lxc", "lxc"}})) {
    if (groups.find(one.text) != std::string::npos) return std::string(one.name);
  }
  if (system.text("proc/sys/kernel/osrelease").value_or("").find("icrosoft") != std::string::npos)
    return "wsl";
  return "none";
}

}  // namespace opgauge
