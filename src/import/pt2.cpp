// SPDX-License-Identifier: Apache-2.0
// Which records of the archive make up a model. Two layouts exist: the current one (a folder with
// models/model.json and raw weights) and that of PyTorch 2.6 and 2.7
// (serialized_exported_program.json beside pickled weights, which are not read: the graph can be
// counted and estimated, and executed with random weights).
#include "import/pt2.hpp"

#include "base/error.hpp"
#include "import/archive.hpp"
#include "import/program.hpp"

namespace opgauge {
namespace {

constexpr uint64_t max_json_bytes = uint64_t{64} << 20;

std::optional<std::string> read_first(const Archive& archive,
                                      std::initializer_list<std::string_view> records) {
  for (const std::string_view record : records) {
    if (archive.has(record)) return archive.read(record, max_json_bytes);
  }
  return std::nullopt;
}

ProgramText read_texts(const Archive& archive, const std::string& stem) {
  ProgramText text;
  text.name = stem;
  text.map = [&archive](std::string_view record) { return archive.map(record); };
  if (archive.has("models/model.json")) {
    if (const auto order = read_first(archive, {"byteorder"}); order && *order != "little") {
      throw Error("byteorder", "found \"" + order->substr(0, 20) + "\", expected little");
    }
    text.model = archive.read("models/model.json", max_json_bytes);
    text.weights = read_first(archive, {"data/weights/model_weights_config.json",
                                        "data/weights/model_model_param_config.json"});
    text.constants = read_first(archive, {"data/constants/model_constants_config.json",
                                          "data/constants/model_model_constants_config.json"});
    text.weights_absent_reason = "the file holds no weights";
    return text;
  }
  if (archive.has("serialized_exported_program.json")) {
    text.model = archive.read("serialized_exported_program.json", max_json_bytes);
    text.weights_absent_reason =
        "the file has the layout of PyTorch 2.7 and earlier, whose weights are pickled";
    return text;
  }
  if (archive.has("data.pkl")) {
    throw Error(
        "", "is a TorchScript file or a checkpoint, expected a file that torch.export.save wrote");
  }
  throw Error("", "has no models/model.json, expected a file that torch.export.save wrote");
}

}  // namespace

ImportedModel import_pt2(const std::filesystem::path& path, const ImportOptions& options) {
  const Archive archive(path);
  try {
    return read_program(read_texts(archive, path.stem().string()), options);
  } catch (const Error& error) {
    if (error.where().starts_with(path.string())) throw;
    throw error.within(path.string());
  }
}

}  // namespace opgauge
