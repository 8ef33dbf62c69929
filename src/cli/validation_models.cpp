// SPDX-License-Identifier: Apache-2.0
#include "cli/validation_models.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/json.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

ValidationModel from_text(const std::string& text) {
  ValidationModel model;
  model.name = model.text = text;
  const size_t at = text.rfind('@');
  if (at == std::string::npos || at + 1 == text.size()) return model;
  int64_t batch = 0;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9' || batch > 1000000) return model;
    batch = batch * 10 + (text[i] - '0');
  }
  if (batch < 1) throw Error(text, "found the batch " + std::to_string(batch) + ", expected at least 1");
  model.text = text.substr(0, at);
  model.bindings.batch = batch;
  return model;
}

// An exported model of a list: $OPGAUGE_EXPORTED/<list>/<name>.pt2, or exported/<list>/<name>.pt2.
ValidationModel from_export(const fs::path& list, const std::string& name) {
  const char* folder = std::getenv("OPGAUGE_EXPORTED");
  const fs::path file = fs::path(folder && *folder ? folder : "exported") / list.stem() / (name + ".pt2");
  ValidationModel model;
  model.name = name;
  model.text = file.string();
  return model;
}

void add_list(const fs::path& path, std::vector<ValidationModel>& models) {
  const Json list = read_json(path);
  const auto entries = list.is_object() ? list.find("models") : list.end();
  if (!list.is_object() || entries == list.end() || !entries->is_array()) {
    throw Error(path.string(), "found " + found(list) + ", expected an object with a list \"models\"");
  }
  for (size_t i = 0; i < entries->size(); ++i) {
    const Json& entry = (*entries)[i];
    const std::string where = path.string() + ": models[" + std::to_string(i) + "]";
    if (entry.is_string()) {
      models.push_back(from_text(entry.get<std::string>()));
    } else if (entry.is_object() && entry.contains("name")) {
      std::string name;
      decode(where + ".name", entry["name"], name);
      models.push_back(from_export(path, name));
    } else {
      throw Error(where, "found " + found(entry) + ", expected a spec or an object with \"name\"");
    }
  }
}

}  // namespace

ModelSource ValidationModel::load() const {
  ModelSource source = load_model(text, bindings);
  if (channels_last) source.graph = to_channels_last(source.graph);
  source.graph = to_precision(source.graph, precision);
  return source;
}

std::vector<ValidationModel> validation_models(const std::vector<std::string>& given, const std::string& precision, bool channels_last) {
  std::vector<ValidationModel> models;
  for (const std::string& text : given) {
    if (text.ends_with(".json")) {
      add_list(text, models);
    } else {
      models.push_back(from_text(text));
    }
  }
  std::set<std::string> names;
  for (ValidationModel& model : models) {
    model.precision = precision;
    model.channels_last = channels_last;
    if (!names.insert(model.name).second) throw Error(model.name, "found twice, expected each model once");
  }
  return models;
}

}  // namespace opgauge
