// SPDX-License-Identifier: Apache-2.0
#include "base/csv_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CsvStream : public testing::Test {
 protected:
  std::vector<std::pair<size_t, std::vector<std::string>>> read(const std::string& text) {
    const std::string path = folder_ / "stream.csv";
    write_file(path, text);
    std::vector<std::pair<size_t, std::vector<std::string>>> rows;
    stream_csv(path, {[&](const auto& columns) { header_ = columns; }, [&](size_t line, const auto& cells) { rows.emplace_back(line, cells); }});
    return rows;
  }
  std::string error(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  const ScratchFolder folder_;
  std::vector<std::string> header_;
};

TEST_F(CsvStream, RowsKnowTheirLine) {
  const auto rows = read("\xEF\xBB\xBF" "a, b\r\n1,2\r\n\"x\ny\",\"say \"\"z\"\"\"\r\n\r\n5,6");
  EXPECT_THAT(header_, ElementsAre("a", "b"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].first, 2u);
  EXPECT_THAT(rows[1].second, ElementsAre("x\ny", "say \"z\""));
  EXPECT_EQ(rows[1].first, 3u);
  EXPECT_EQ(rows[2].first, 6u);
  EXPECT_THAT(rows[2].second, ElementsAre("5", "6"));
}

TEST_F(CsvStream, ErrorsNameTheLine) {
  EXPECT_THAT(error(""), HasSubstr("empty file"));
  EXPECT_THAT(error("a,a\n"), HasSubstr(":1] column \"a\" occurs twice"));
  EXPECT_THAT(error("a,b\n1,2\n3\n"), HasSubstr(":3] found 1 cells, expected 2"));
  EXPECT_THAT(error("a,b\n1,2\n\"3,4\n"), HasSubstr(":3] malformed CSV"));
  EXPECT_THAT(error(std::string("a,b\n1,\0\n", 8)), HasSubstr(":2] found a NUL byte"));
  EXPECT_THROW(stream_csv("/nowhere.csv", {}), Error);
}

}  // namespace
}  // namespace opgauge
