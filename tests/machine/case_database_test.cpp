// SPDX-License-Identifier: Apache-2.0
#include "machine/case_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/journal.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CaseDatabase : public testing::Test {
 protected:
  fs::path file() const { return case_file(home_, conditions_); }
  std::string error() const {
    try {
      read_timed_cases(home_, conditions_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  static TimedCase timed(const std::string& text, double quiet_s) {
    return {text, "w00 i0 c0", quiet_s, 0.02, 40, "2026-01-31T12:00:00Z", 3e-5, 4e-5};
  }
  const ScratchFolder scratch_;
  const fs::path& home_ = scratch_.path();
  const CaseConditions conditions_ = {{"class", "ACME/x86"}, {"libtorch", "2.13"}, {"threads", "1"}};
};

TEST_F(CaseDatabase, GivesBackWhatWasAppended) {
  EXPECT_TRUE(read_timed_cases(home_, conditions_).empty());
  const TimedCase one = timed("aten::relu(f32[4])", 2e-6), two = timed("aten::silu(f32[4])", 3e-6);
  append_timed_cases(home_, conditions_, std::vector{one});
  append_timed_cases(home_, conditions_, std::vector{two});
  const auto cases = read_timed_cases(home_, conditions_);
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(encode(cases[0]), encode(one));
  EXPECT_EQ(encode(cases[1]), encode(two));
}

TEST_F(CaseDatabase, IsAnotherOneForAnotherMachineOrSoftware) {
  append_timed_cases(home_, conditions_, std::vector{timed("aten::relu(f32[4])", 2e-6)});
  CaseConditions other = conditions_;
  other["libtorch"] = "2.14";
  EXPECT_TRUE(read_timed_cases(home_, other).empty());
  EXPECT_NE(case_file(home_, other), file());
  EXPECT_EQ(case_conditions({{"class", "a"}, {"mkl", "b"}, {"threads", "1"}}),
            (CaseConditions{{"class", "a"}, {"threads", "1"}}));
}

TEST_F(CaseDatabase, IsFoundByWhoeverDoesNotKnowTheSoftware) {
  const CaseConditions some = {{"class", "ACME/x86"}, {"threads", "1"}};
  EXPECT_EQ(completed(home_, some), some);
  append_timed_cases(home_, conditions_, std::vector{timed("aten::relu(f32[4])", 2e-6)});
  EXPECT_EQ(completed(home_, some), conditions_);
  const CaseConditions other = {{"class", "ACME/x86"}, {"threads", "2"}};
  EXPECT_EQ(completed(home_, other), other);
}

TEST_F(CaseDatabase, DropsALineThatWasBeingWritten) {
  append_timed_cases(home_, conditions_, std::vector{timed("aten::relu(f32[4])", 2e-6)});
  const std::string whole = read_file(file());
  write_file(file(), whole + R"({"crc":"00000000","entry":{"te)");
  EXPECT_EQ(read_timed_cases(home_, conditions_).size(), 1u);
  append_timed_cases(home_, conditions_, std::vector{timed("aten::silu(f32[4])", 3e-6)});
  EXPECT_EQ(read_timed_cases(home_, conditions_).size(), 2u);
}

TEST_F(CaseDatabase, NamesDamageAndForeignVersions) {
  append_timed_cases(home_, conditions_,
                     std::vector{timed("aten::relu(f32[4])", 2e-6), timed("aten::silu(f32[4])", 3e-6)});
  std::string text = read_file(file());
  const size_t at = text.find("aten::relu");
  text[at] = 'A';
  write_file(file(), text);
  EXPECT_THAT(error(), HasSubstr("line 2: the checksum does not fit"));

  fs::remove(file());
  CaseConditions other = conditions_;
  other["threads"] = "2";
  append_timed_cases(home_, other, std::vector{timed("aten::relu(f32[4])", 2e-6)});
  fs::rename(case_file(home_, other), file());
  EXPECT_THAT(error(), HasSubstr("threads: found cases of \"2\", expected of \"1\""));

  fs::remove(file());
  Journal(file()).append({{"schema_version", 7}, {"conditions", Json::object()}});
  EXPECT_THAT(error(), HasSubstr("schema_version: found 7, expected 1"));

  write_file(file(), "something else\n");
  EXPECT_THAT(error(), HasSubstr("found no good line"));
  EXPECT_THROW(append_timed_cases(home_, conditions_, std::vector{timed("aten::relu(f32[4])", 2e-6)}), Error);
  EXPECT_EQ(read_file(file()), "something else\n");
}

TEST_F(CaseDatabase, ProcessesThatAppendAtOnceWaitForEachOther) {
  constexpr int writers = 4, rounds = 10;
  for (int w = 0; w < writers; ++w) {
    if (::fork() != 0) continue;
    for (int i = 0; i < rounds; ++i)
      append_timed_cases(home_, conditions_, std::vector{timed("aten::relu(f32[" + std::to_string(w * 100 + i) + "])", 1e-6)});
    ::_exit(0);
  }
  for (int w = 0; w < writers; ++w) {
    int status = 0;
    ASSERT_GT(::wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_timed_cases(home_, conditions_).size(), static_cast<size_t>(writers * rounds));
}

}  // namespace
}  // namespace opgauge
