// SPDX-License-Identifier: Apache-2.0
// docs/model.md ends with the tables of classes and features as the code has them;
// OPGAUGE_UPDATE_GOLDEN=1 writes them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "estimate/cost_class.hpp"

namespace opgauge {
namespace {

const std::string marker = "<!-- tables: written by tests with OPGAUGE_UPDATE_GOLDEN=1 -->\n";

std::string tables() {
  Table classes{{"class", "leans on", "features", "rule, or where it comes from"}, {}};
  for (const CostClass& one : cost_classes()) {
    std::string features;
    for (const size_t i : one.features) {
      features += (features.empty() ? "" : " ") + std::string(cost_features()[i].name);
    }
    classes.rows.push_back({std::string(one.name), std::string(one.parent), features, std::string(one.source)});
  }
  Table features{{"feature", "unit", "is"}, {}};
  for (const CostFeature& one : cost_features()) {
    features.rows.push_back({std::string(one.name), std::string(one.per), std::string(one.doc)});
  }
  return "\n" + to_markdown(classes) + "\n" + to_markdown(features);
}

TEST(ModelDoc, ListsEveryClassAndFeature) {
  const std::string path = OPGAUGE_SOURCE_DIR "/docs/model.md";
  const std::string text = read_file(path);
  const size_t at = text.find(marker);
  ASSERT_NE(at, std::string::npos);
  const std::string head = text.substr(0, at + marker.size());
  if (std::getenv("OPGAUGE_UPDATE_GOLDEN")) write_file(path, head + tables());
  EXPECT_EQ(read_file(path), head + tables());
}

}  // namespace
}  // namespace opgauge
