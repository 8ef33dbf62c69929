// SPDX-License-Identifier: Apache-2.0
// The promises of docs/architecture.md that only a test keeps: folders include downwards only, LibTorch stays behind its
// wall, every source carries its licence line, no banned word names a file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path source_root = fs::path(OPGAUGE_SOURCE_DIR) / "src";

// What a folder may include besides itself: the layers below it, without jumping the wall between estimate and measure.
const std::map<std::string, std::set<std::string>> may_include = {
    {"base", {}},
    {"graph", {"base"}},
    {"models", {"graph", "base"}},
    {"import", {"graph", "base"}},
    {"machine", {"graph", "base"}},
    {"estimate", {"models", "import", "machine", "graph", "base"}},
    {"measure", {"models", "import", "machine", "graph", "base"}},
    {"sweep", {"estimate", "measure", "models", "import", "machine", "graph", "base"}},
    {"calibrate", {"sweep", "estimate", "measure", "models", "import", "machine", "graph", "base"}},
    {"report", {"calibrate", "sweep", "estimate", "measure", "models", "import", "machine", "graph", "base"}},
    {"cli",
     {"report", "calibrate", "sweep", "estimate", "measure", "models", "import", "machine", "graph", "base"}},
};

std::vector<fs::path> sources(const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension();
    if (extension == ".hpp" || extension == ".cpp") files.push_back(entry.path());
  }
  return files;
}

std::vector<std::string> includes(const fs::path& file) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<std::string> found;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::smatch match;
    if (std::regex_search(line, match, pattern)) found.push_back(match[1]);
  }
  return found;
}

std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

TEST(Layers, IncludeOnlyDownwards) {
  int checked = 0;
  for (const fs::path& file : sources(source_root)) {
    const std::string layer = first_part(fs::relative(file, source_root).string());
    ASSERT_TRUE(may_include.contains(layer)) << file << " lies in no known layer";
    for (const std::string& include : includes(file)) {
      const std::string target = first_part(include);
      if (!may_include.contains(target) || target == layer) continue;
      EXPECT_TRUE(may_include.at(layer).contains(target)) << file << " includes " << include;
      ++checked;
    }
  }
  EXPECT_GT(checked, 5);
}

TEST(Layers, LibTorchStaysBehindItsWall) {
  static const std::set<std::string> torch = {"torch", "ATen", "c10", "caffe2"};
  for (const fs::path& file : sources(source_root)) {
    if (fs::relative(file, source_root).string().starts_with("measure/torch/")) continue;
    for (const std::string& include : includes(file)) {
      EXPECT_FALSE(torch.contains(first_part(include))) << file << " includes " << include;
    }
  }
}

TEST(Layers, SourcesCarryTheirLicence) {
  for (const char* folder : {"src", "tests", "bench"}) {
    for (const fs::path& file : sources(fs::path(OPGAUGE_SOURCE_DIR) / folder)) {
      std::ifstream stream(file);
      std::string line;
      std::getline(stream, line);
      EXPECT_EQ(line, "// SPDX-License-Identifier: Apache-2.0") << file;
    }
  }
}

TEST(Layers, FilesHaveTellingNames) {
  static const std::regex banned("(manager|handler|helper|util|misc|unified|analyzer)");
  for (const fs::path& file : sources(source_root)) {
    EXPECT_FALSE(std::regex_search(file.filename().string(), banned)) << file;
  }
}

// Two types of one name in one namespace link without a word and run each other's constructors.
TEST(Names, NoTypeIsDefinedTwice) {
  static const std::regex definition(R"re(^(?:struct|class|enum class)\s+(\w+)\b(?!::)[^;]*\{)re");
  std::map<std::string, fs::path> first;
  for (const fs::path& file : sources(source_root)) {
    bool unnamed = false;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with("namespace {")) unnamed = true;
      if (line == "}  // namespace") unnamed = false;
      std::smatch match;
      if (unnamed || !std::regex_search(line, match, definition)) continue;
      const auto [at, is_new] = first.emplace(match[1], file);
      EXPECT_TRUE(is_new) << match[1] << " is defined in " << at->second << " and in " << file;
    }
  }
  EXPECT_GT(first.size(), 100u);
}

// Tests run beside each other: a file name of the temporary folder that two of them use lets either fail.
TEST(Tests, WriteOnlyToScratchFolders) {
  static const std::regex shared(R"re(TempDir\(\)|temp_directory_path|mkdtemp|"/tmp/)re");
  for (const fs::path& file : sources(fs::path(OPGAUGE_SOURCE_DIR) / "tests")) {
    if (file.filename() == "scratch_folder.hpp" || file.filename() == "layers_test.cpp") continue;
    std::ifstream stream(file);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, shared)) << file << ":" << number << ": expected a ScratchFolder";
    }
  }
}

void expect_no_library(std::initializer_list<const char*> names) {
  FILE* pipe = popen("ldd " OPGAUGE_PROGRAM, "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  for (int c; (c = fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  ASSERT_EQ(pclose(pipe), 0) << text;
  for (const char* name : names) EXPECT_EQ(text.find(name), std::string::npos) << text;
}

// The loader gives LibTorch the first sgemm_ it finds: a BLAS among the program's libraries would
// run every matrix product instead of MKL.
TEST(Libraries, NoneOfThemBringsABlas) { expect_no_library({"blas", "lapack", "atlas", "mkl"}); }

// libhwy times the clock when it is loaded, which is more than the rest of the start of `predict`.
TEST(Libraries, NoneOfThemWorksWhileItIsLoaded) { expect_no_library({"libhwy"}); }

}  // namespace
