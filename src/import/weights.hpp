// SPDX-License-Identifier: Apache-2.0
// The records that say where parameters, buffers and constants lie:
//
//   {"config": {"fc.weight": {"path_name": "weight_0", "is_param": true, "use_pickle": false,
//   "tensor_meta": {…}}}}
//
// Entries with the same path_name are tied: views of one storage.
#pragma once

#include <string>
#include <unordered_map>

#include "graph/tensor.hpp"
#include "import/json_reader.hpp"
#include "import/symbols.hpp"

namespace opgauge {

struct StoredWeight {
  TensorType type;     // with the strides and the offset it has in its storage
  std::string record;  // "data/weights/weight_0"
};
using WeightPlaces = std::unordered_map<std::string, StoredWeight>;  // by the name in the model

// Adds a config's entries. `folder` is where its records lie ("data/weights/"). Throws Error for
// pickled entries and for names that leave the folder. Custom objects are left out: a signature
// that needs one is refused.
void add_weight_places(WeightPlaces& places, JsonElement config, std::string_view folder,
                       const Symbols& symbols);

}  // namespace opgauge
