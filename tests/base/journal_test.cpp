// SPDX-License-Identifier: Apache-2.0
#include "base/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

class JournalTest : public testing::Test {
 protected:
  void write_three() {
    Journal journal(path_);
    for (int i = 0; i < 3; ++i) journal.append({{"visit", i}, {"text", "a \"quoted\"\nline"}});
    journal.sync();
  }
  const ScratchFolder folder_;
  const std::filesystem::path path_ = folder_ / "journal.jsonl";
};

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(JournalTest, GivesBackWhatWasAppended) {
  write_three();
  {
    Journal journal(path_);
    ASSERT_EQ(journal.entries().size(), 3u);
    EXPECT_EQ(journal.entries()[2]["visit"], 2);
    EXPECT_EQ(journal.entries()[2]["text"], "a \"quoted\"\nline");
    EXPECT_EQ(journal.dropped_bytes(), 0u);
    journal.append(3);
  }
  EXPECT_EQ(read_journal(path_).entries.size(), 4u);
}

TEST_F(JournalTest, EveryLineIsJson) {
  write_three();
  const std::string text = read_file(path_);
  EXPECT_EQ(parse_json("line", text.substr(0, text.find('\n')))["entry"]["visit"], 0);
}

TEST_F(JournalTest, DropsALastLineCutAtAnyByte) {
  write_three();
  const std::string text = read_file(path_);
  const size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (size_t size = last; size < text.size(); ++size) {
    write_file(path_, text.substr(0, size));
    Journal journal(path_);
    ASSERT_EQ(journal.entries().size(), 2u) << size;
    ASSERT_EQ(journal.dropped_bytes(), size - last);
    journal.append({{"visit", 7}});
    ASSERT_EQ(read_journal(path_).entries.size(), 3u) << size;
    ASSERT_EQ(read_journal(path_).torn_bytes, 0u);
  }
}

TEST_F(JournalTest, DropsATailOfZeros) {
  write_three();
  write_file(path_, read_file(path_) + std::string(100, '\0') + "\n" + std::string(7, '\0'));
  EXPECT_EQ(Journal(path_).dropped_bytes(), 108u);
  EXPECT_EQ(read_journal(path_).entries.size(), 3u);
}

TEST_F(JournalTest, NamesADamagedLineInTheMiddle) {
  write_three();
  std::string text = read_file(path_);
  text[text.find("\"visit\":1") + 8] = '5';
  write_file(path_, text);
  EXPECT_THAT(error_of([&] { Journal journal(path_); }),
              HasSubstr("line 2: the checksum does not fit"));
  EXPECT_EQ(read_file(path_), text);
}

TEST_F(JournalTest, RefusesASecondProcess) {
  const Journal first(path_);
  EXPECT_THAT(error_of([&] { Journal second(path_); }), HasSubstr("in use by another process"));
}

TEST_F(JournalTest, RefusesAFolderThatIsNotThere) {
  EXPECT_THAT(error_of([&] { Journal journal(folder_ / "no" / "journal.jsonl"); }),
              HasSubstr("cannot be opened for writing"));
}

// A file size limit gives the same short write as a full disk.
TEST_F(JournalTest, KeepsWhatWasWrittenWhenTheDiskIsFull) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      Journal journal(path_);
      for (int i = 0; i < 1000; ++i) journal.append({{"visit", i}, {"text", std::string(50, 'x')}});
    } catch (const Error& error) {
      code = std::string(error.what()).find("cannot be appended to") != std::string::npos ? 0 : 2;
    }
    ::_exit(code);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const JournalContents contents = read_journal(path_);
  EXPECT_GT(contents.entries.size(), 5u);
  EXPECT_EQ(contents.torn_bytes, 0u);
}

}  // namespace
}  // namespace opgauge
