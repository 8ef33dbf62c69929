// SPDX-License-Identifier: Apache-2.0
#include "calibrate/design.hpp"

#include <gtest/gtest.h>

#include <map>

#include "estimate/cost_class.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

TEST(Design, DISABLED_EveryNetworkIsAValidGraph) {
  DesignOptions options;
  options.networks = 60;
  options.candidates = 200;
  const Design design = make_design(options);
  for (const std::string& reason : design.reasons) ADD_FAILURE() << "refused: " << reason;
  EXPECT_EQ(design.refused, 0);
  EXPECT_GT(design.networks.size(), 40u);
  for (const DesignedNetwork& network : design.networks) verify(network.graph);
}

TEST(Design, DISABLED_CoversTheClasses) {
  DesignOptions options;
  const Design design = make_design(options);
  std::string text;
  for (const auto& [key, count] : count_cases(design, options.conditions)) text += key + " " + std::to_string(count) + "\n";
  SCOPED_TRACE(text);
  std::printf("%zu networks\n%s", design.networks.size(), text.c_str());
}

TEST(Design, IsTheSameForTheSameSeed) {
  DesignOptions options;
  options.networks = 10;
  options.candidates = 60;
  const Design a = make_design(options), b = make_design(options);
  ASSERT_EQ(a.networks.size(), b.networks.size());
  for (size_t i = 0; i < a.networks.size(); ++i) {
    EXPECT_EQ(print_graph(a.networks[i].graph), print_graph(b.networks[i].graph));
  }
}

}  // namespace
}  // namespace opgauge
