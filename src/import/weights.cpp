// SPDX-License-Identifier: Apache-2.0
#include "import/weights.hpp"

#include "base/error.hpp"
#include "import/format.hpp"

namespace opgauge {

void add_weight_places(WeightPlaces& places, JsonElement config, std::string_view folder,
                       const Symbols& symbols) {
  for (const auto [name, element] : object_in(as_object(config, "config"), "config")) {
    try {
      const JsonObject entry = as_object(element, "entry");
      const std::string_view path = text_in(entry, "path_name");
      if (path.find('/') != std::string_view::npos || path.empty()) {
        throw Error("", "found the record name \"" + std::string(path.substr(0, 100)) +
                            "\", expected one inside " + std::string(folder));
      }
      if (path.starts_with("custom_obj_") || path.starts_with("opaque_obj_")) continue;
      if (const auto pickled = member(entry, "use_pickle");
          pickled && as_flag(*pickled, "use_pickle")) {
        throw Error("",
                    "is stored as a Python pickle (a tensor subclass), expected a plain tensor");
      }
      StoredWeight weight{tensor_type_from(required(entry, "tensor_meta"), symbols),
                          std::string(folder) + std::string(path)};
      if (!places.emplace(std::string(name), std::move(weight)).second)
        throw Error("", "is listed twice");
    } catch (const Error& error) {
      throw error.within("weight " + std::string(name.substr(0, 200)));
    }
  }
}

}  // namespace opgauge
