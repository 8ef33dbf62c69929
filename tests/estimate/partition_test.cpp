// SPDX-License-Identifier: Apache-2.0
#include "estimate/partition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "estimate/graphs.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;

std::vector<std::vector<size_t>> nodes_of(const std::vector<Region>& regions) {
  std::vector<std::vector<size_t>> nodes;
  for (const Region& region : regions) nodes.push_back(region.nodes);
  return nodes;
}

// Linear layers and ReLUs wired at random: some values have several readers, some are graph
// outputs.
Graph random_graph(unsigned seed) {
  std::mt19937 random(seed);
  GraphBuilder b("random");
  std::vector<ValueId> pool{b.input("x", {Dtype::f32, {4, 16}})};
  for (int i = 0; i < 12; ++i) {
    const ValueId x = pool[random() % pool.size()];
    if (random() % 2) {
      const ValueId w = b.parameter("w" + std::to_string(i), {Dtype::f32, {16, 16}});
      pool.push_back(b.call("aten::linear", {{"input", x}, {"weight", w}}));
    } else {
      pool.push_back(b.call("aten::relu", {{"self", x}}));
    }
  }
  return b.finish({pool.back(), pool[pool.size() / 2]});
}

TEST(Partition, EagerIsOneNodeARegion) {
  EXPECT_THAT(nodes_of(partition(make_mlp(2, {4, 4, 4}), PartitionMode::eager)),
              ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(Partition, FusedJoinsTheActivationToItsProduct) {
  EXPECT_THAT(nodes_of(partition(make_mlp(2, {4, 4, 4}), PartitionMode::fused)),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(Partition, AValueWithTwoReadersStaysOutside) {
  GraphBuilder b("two");
  const ValueId x = b.input("x", {Dtype::f32, {2, 4}});
  const ValueId w = b.parameter("w", {Dtype::f32, {4, 4}});
  const ValueId h = b.call("aten::linear", {{"input", x}, {"weight", w}});
  const ValueId y = b.call("aten::relu", {{"self", h}});
  const Graph g = b.finish({y, h});
  EXPECT_THAT(nodes_of(partition(g, PartitionMode::fused)),
              ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(Partition, RegionsPartitionTheNodes) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Graph g = random_graph(seed);
    for (const PartitionMode mode : {PartitionMode::eager, PartitionMode::fused}) {
      std::vector<int> seen(g.nodes.size());
      for (const Region& region : partition(g, mode)) {
        for (const size_t at : region.nodes) ++seen[at];
      }
      EXPECT_THAT(seen, testing::Each(1)) << "seed " << seed;
    }
  }
}

TEST(Partition, FusedNeverMovesMoreBytesAndDoesTheSameArithmetic) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Graph g = random_graph(seed);
    Work eager, fused;
    for (const Region& region : partition(g, PartitionMode::eager)) eager += work_of(g, region);
    for (const Region& region : partition(g, PartitionMode::fused)) fused += work_of(g, region);
    EXPECT_LE(fused.bytes(), eager.bytes());
    EXPECT_LE(fused.read_bytes, eager.read_bytes);
    EXPECT_LE(fused.write_bytes, eager.write_bytes);
    EXPECT_EQ(fused.macs, eager.macs);
    EXPECT_EQ(fused.other_ops, eager.other_ops);
  }
}

TEST(Partition, FusedKeepsTheInnerValueToItself) {
  const Graph g = make_mlp(2, {4, 8, 4});
  const Work fused = work_of(g, partition(g, PartitionMode::fused)[0]);
  const Work linear = work_of(g, g.nodes[0]), relu = work_of(g, g.nodes[1]);
  const int64_t inner = 4 * 2 * 8;
  EXPECT_EQ(fused.read_bytes, linear.read_bytes + relu.read_bytes - inner);
  EXPECT_EQ(fused.write_bytes, linear.write_bytes + relu.write_bytes - inner);
}

}  // namespace
}  // namespace opgauge
