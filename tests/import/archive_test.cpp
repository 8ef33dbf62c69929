// SPDX-License-Identifier: Apache-2.0
#include "import/archive.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "import/programs.hpp"
#include "import/pt2.hpp"
#include "import/zips.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

std::string text_of(const StoredTensor& stored) {
  return {reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size()};
}

// What opening, and reading or mapping record "a", says.
std::string error_of(const std::string& bytes, bool map = false) {
  const TemporaryFile file(bytes);
  try {
    const Archive archive(file.path());
    if (map) {
      archive.map("a");
    } else {
      archive.read("a", 1000);
    }
  } catch (const Error& error) {
    std::string text = error.what();
    const size_t at = text.find(file.path().string());
    return at == std::string::npos ? text : text.replace(at, file.path().string().size(), "FILE");
  }
  return "";
}

TEST(Archive, FindsRecordsBelowTheirCommonFolder) {
  const TemporaryFile file(
      zip_bytes({{"net/archive_format", "pt2"}, {"net/data/weights/weight_0", "0123456789"}}));
  const Archive archive(file.path());
  EXPECT_TRUE(archive.has("archive_format"));
  EXPECT_FALSE(archive.has("net/archive_format"));
  EXPECT_EQ(archive.read("archive_format", 10), "pt2");
  EXPECT_EQ(text_of(archive.map("data/weights/weight_0")), "0123456789");
}

TEST(Archive, WithoutACommonFolderNamesAreWhole) {
  const TemporaryFile file(zip_bytes({{"version", "8.2"}, {"extra_files/x", "y"}}));
  const Archive archive(file.path());
  EXPECT_TRUE(archive.has("version"));
  EXPECT_TRUE(archive.has("extra_files/x"));
}

TEST(Archive, AMappedRecordOutlivesTheArchive) {
  const TemporaryFile file(zip_bytes({{"a", "weights"}, {"b", ""}}));
  StoredTensor stored, empty;
  {
    const Archive archive(file.path());
    stored = archive.map("a");
    empty = archive.map("b");
  }
  EXPECT_EQ(text_of(stored), "weights");
  EXPECT_TRUE(empty.bytes.empty());
}

TEST(Archive, WhatIsNoArchiveIsOneError) {
  EXPECT_THAT(error_of(""), HasSubstr("[FILE] is an empty archive"));
  EXPECT_THAT(error_of("no zip at all"), HasSubstr("expected what torch.export.save writes"));
  EXPECT_THAT(error_of(zip_bytes({})), HasSubstr("[FILE]"));
  EXPECT_THROW(Archive("/nowhere/at/all.pt2"), Error);
  EXPECT_THROW(Archive(ScratchFolder().path()), Error);
}

TEST(Archive, EveryTruncationIsOneError) {
  const std::string whole = zip_bytes({{"a", "some bytes"}, {"b", "more bytes"}});
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(error_of(whole.substr(0, size)), "") << size;
  // A hole in the middle moves everything behind it.
  for (size_t cut = 1; cut < 40; ++cut) {
    const std::string holed = whole.substr(0, 31) + whole.substr(std::min(whole.size(), 31 + cut));
    EXPECT_NE(error_of(holed), "") << cut;
  }
}

TEST(Archive, NamesThatLeaveItAreRefused) {
  for (const std::string name : {"../a", "x/../../a", "/etc/passwd", "..", "a\\..\\b", ""}) {
    EXPECT_THAT(error_of(zip_bytes({{"a", "1"}, {name, "2"}})), HasSubstr("leaves the archive"))
        << name;
  }
}

TEST(Archive, DuplicateNamesAreRefused) {
  EXPECT_EQ(error_of(zip_bytes({{"a", "1"}, {"a", "2"}})),
            "[FILE] two records have the name \"a\"");
}

TEST(Archive, EncryptedRecordsAreRefused) {
  EXPECT_EQ(error_of(zip_bytes({{.name = "a", .bytes = "1", .flags = 1}})),
            "[FILE] record \"a\" is encrypted");
}

TEST(Archive, SizesBeyondTheFileAreRefused) {
  EXPECT_THAT(error_of(zip_bytes({{.name = "a", .bytes = "1", .declared_size = 1u << 30}})),
              HasSubstr("record \"a\" is larger than the file"));
  EXPECT_NE(error_of(zip_bytes({{.name = "a", .bytes = "1", .declared_size = 90}}), true), "");
  EXPECT_THAT(error_of(zip_bytes({{.name = "a", .bytes = "1", .declared_plain_size = 5}})),
              HasSubstr("declares two sizes"));
}

TEST(Archive, BombsAreRefusedByTheirDeclaredSize) {
  const std::string bomb =
      zip_bytes({{.name = "a", .bytes = "x", .declared_plain_size = 0xfffffff0, .method = 8}});
  EXPECT_THAT(error_of(bomb), HasSubstr("has 4294967280 bytes, expected at most 1000"));
}

TEST(Archive, RecordsThatInflateToMoreThanTheyDeclareAreRefused) {
  const std::string plain(100000, 'a');
  std::string packed(2000, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                      reinterpret_cast<const Bytef*>(plain.data()), plain.size(), 9),
            Z_OK);
  const std::string raw = packed.substr(2, size - 6);  // without zlib's own header and sum
  const auto crc =
      static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(plain.data()), 1000));
  EXPECT_THAT(
      error_of(zip_bytes(
          {{.name = "a", .bytes = raw, .declared_plain_size = 1000, .method = 8, .crc = crc}})),
      HasSubstr("is damaged"));
}

TEST(Archive, DamagedRecordsAreRefused) {
  EXPECT_THAT(error_of(zip_bytes({{.name = "a", .bytes = "1234", .crc = 7}})),
              HasSubstr("record \"a\" is damaged"));
  EXPECT_THAT(error_of(zip_bytes({{.name = "a", .bytes = "1234", .offset = 12}})),
              HasSubstr("record \"a\""));
  EXPECT_THAT(error_of(zip_bytes({{.name = "b", .bytes = "1234"}})),
              HasSubstr("record \"a\" is missing"));
}

TEST(Archive, CompressedRecordsCannotBeMapped) {
  EXPECT_THAT(error_of(zip_bytes({{.name = "a", .bytes = "x", .method = 8}}), true),
              HasSubstr("is compressed"));
}

TEST(Archive, OverlappingRecordsAreRefused) {
  // The second record's header lies inside the first record's bytes.
  const std::string inner = zip_bytes({{"b", "overlap!"}}).substr(0, 30 + 1 + 8);
  const std::string bytes =
      zip_bytes({{"a", inner}, {.name = "b", .bytes = "overlap!", .offset = 30 + 1}});
  const TemporaryFile file(bytes);
  const Archive archive(file.path());
  EXPECT_EQ(archive.map("a").bytes.size(), inner.size());
  try {
    archive.map("b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("record \"b\" overlaps another record"));
  }
}

TEST(Archive, UnprintableNamesStayOnOneLine) {
  EXPECT_EQ(error_of(zip_bytes({{"a\n\x1b[31m", "1"}, {"a\n\x1b[31m", "2"}})),
            "[FILE] two records have the name \"a??[31m\"");
}

// Whole files.
std::string import_error(const std::vector<ZipRecord>& records) {
  const TemporaryFile file(zip_bytes(records));
  try {
    import_pt2(file.path());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Pt2File, AMinimalOneIsImported) {
  EXPECT_EQ(
      import_error({{"net/models/model.json", TinyProgram().json()}, {"net/byteorder", "little"}}),
      "");
}

TEST(Pt2File, OtherFilesSayWhatTheyAre) {
  EXPECT_THAT(import_error({{"net/data.pkl", "x"}}),
              HasSubstr("is a TorchScript file or a checkpoint"));
  EXPECT_THAT(import_error({{"net/readme", "x"}}), HasSubstr("has no models/model.json"));
  EXPECT_THAT(import_error({{"net/models/model.json", "{}"}, {"net/byteorder", "big"}}),
              HasSubstr("expected little"));
}

TEST(Pt2File, WeightsMustBeAsLongAsTheirDescription) {
  TinyProgram program;
  program.inputs += ",{\"parameter\":{\"arg\":{\"name\":\"p_w\"},\"parameter_name\":\"w\"}}";
  program.tensors += ",\"p_w\":" + meta("4");
  const std::string config =
      "{\"config\":{\"w\":{\"path_name\":\"weight_0\",\"is_param\":true,\"use_pickle\":false,"
      "\"tensor_meta\":" +
      meta("4") + "}}}";
  const auto with = [&](const std::string& bytes) {
    return import_error({{"n/models/model.json", program.json()},
                         {"n/data/weights/model_weights_config.json", config},
                         {"n/data/weights/weight_0", bytes}});
  };
  EXPECT_EQ(with(std::string(16, '\0')), "");
  EXPECT_THAT(with(std::string(12, '\0')),
              HasSubstr("w] record \"data/weights/weight_0\" has 12 bytes, expected at least 16"));
}

}  // namespace
}  // namespace opgauge
