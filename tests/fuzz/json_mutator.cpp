// SPDX-License-Identifier: Apache-2.0
// Mutations that keep an exported program JSON, so that fuzzing reaches what stands behind the
// parser: numbers become others, texts are exchanged, members vanish, elements are repeated or
// change places. A third of all mutations are libFuzzer's own, on bytes.
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

void collect(Json& value, std::vector<Json*>& all, std::vector<Json*>& texts) {
  all.push_back(&value);
  if (value.is_string()) texts.push_back(&value);
  if (value.is_structured()) {
    for (Json& one : value) collect(one, all, texts);
  }
}

int64_t number(Random& random, int64_t old) {
  static const int64_t telling[] = {
      0,         1,         -1,        2,         3,         7,         8,
      12,        13,        16,        255,       4096,      1 << 20,   1 << 30,
      1ll << 31, 1ll << 32, 1ll << 40, 1ll << 57, 1ll << 62, INT64_MAX, INT64_MIN};
  switch (random() % 3) {
    case 0:
      return telling[random() % std::size(telling)];
    case 1:
      return static_cast<int64_t>(static_cast<uint64_t>(old) + random() % 5 - 2);
    default:
      return static_cast<int64_t>(random() % 64);
  }
}

void mutate(Json& root, Random& random) {
  std::vector<Json*> all, texts;
  collect(root, all, texts);
  Json& chosen = *all[random() % all.size()];
  if (chosen.is_number_integer()) {
    chosen = number(random, chosen.get<int64_t>());
  } else if (chosen.is_number_float()) {
    chosen = random() % 2 ? 1e300 : static_cast<double>(number(random, 0));
  } else if (chosen.is_boolean()) {
    chosen = !chosen.get<bool>();
  } else if (chosen.is_string() && texts.size() > 1) {
    chosen = *texts[random() % texts.size()];
  } else if (chosen.is_structured() && !chosen.empty()) {
    const size_t at = random() % chosen.size();
    const auto place = std::next(chosen.begin(), static_cast<std::ptrdiff_t>(at));
    if (random() % 4 == 0) {
      chosen.erase(place);
    } else if (chosen.is_array() && random() % 2) {
      const Json copy = *place;
      chosen.insert(place, copy);
    } else if (chosen.is_array()) {
      std::swap(*place, chosen[random() % chosen.size()]);
    } else {
      *place = Json(*all[random() % all.size()]);
    }
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  Random random(seed + 1);
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("PK") || random() % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= input.size() && parts.size() < 3;) {
    const size_t end = std::min(input.find('\0', begin), input.size());
    parts.push_back(input.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string& part = parts[random() % 4 ? 0 : random() % parts.size()];
  Json program = Json::parse(part, nullptr, false);
  if (program.is_discarded()) return LLVMFuzzerMutate(data, size, max_size);
  for (unsigned int count = 1 + random() % 3; count > 0; --count) mutate(program, random);
  part = program.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string output = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) output += '\0' + parts[i];
  if (output.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(output.begin(), output.end(), data);
  return output.size();
}
