// SPDX-License-Identifier: Apache-2.0
#include "calibrate/leave_out.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "calibrate/synthetic.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

class LeaveOut : public testing::Test {
 protected:
  LeaveOut() : observations_(synthetic_observations(small_design(60), options_.conditions, machine_, {0.03, 0, 31})) {}
  const SyntheticMachine machine_;
  OpFitOptions options_;
  std::vector<Observation> observations_;
};

TEST_F(LeaveOut, AClassIsEstimatedAsWhatItLeansOn) {
  const OpFitResult fit = fit_op_model(observations_, options_);
  const auto left = leave_classes_out(observations_, options_, fit);
  size_t cases = 0;
  std::vector<double> without, with;
  for (const LeftOutClass& one : left) {
    cases += static_cast<size_t>(one.with.count);
    EXPECT_EQ(one.without.count, one.with.count) << one.key;
    const bool leaf = std::ranges::none_of(cost_classes(), [&](const CostClass& c) { return c.parent == one.key; });
    if (leaf) {
      EXPECT_NE(one.stand_in.substr(0, one.stand_in.find('/')), one.key);  // nothing of its own was fitted
    }
    without.push_back(one.without.median);
    with.push_back(one.with.median);
    // The truth of two classes differs by at most 1.7 / 0.6; what stands in is off by noise beside.
    EXPECT_LT(one.without.median, 3) << one.key << " as " << one.stand_in;
  }
  EXPECT_EQ(cases, fit.cases.size());
  EXPECT_GT(median(without), median(with));
}

TEST_F(LeaveOut, AnArchetypeIsEstimatedFromTheOthers) {
  const OpFitResult fit = fit_op_model(observations_, options_);
  const auto left = leave_archetypes_out(observations_, options_, fit);
  EXPECT_GE(left.size(), 5u);
  int networks = 0;
  for (const LeftOutArchetype& one : left) {
    networks += one.with.count;
    EXPECT_EQ(one.without.count, one.with.count) << one.archetype;
  }
  EXPECT_EQ(networks, static_cast<int>(observations_.size()));
}

TEST_F(LeaveOut, FamiliesAreScoredUnfitted) {
  const OpFitResult fit = fit_op_model(observations_, options_);
  DesignedNetwork family{std::string(family_group), build_model("resnet18", 1), 0};
  family.graph.name = "resnet18";
  const auto measured = synthetic_observations({family}, options_.conditions, machine_, {});
  const auto scores = score_families(measured, fit.model);
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0].model, "resnet18");
  EXPECT_GT(scores[0].measured_s, 0);
  EXPECT_LT(scores[0].low_s, scores[0].predicted_s);
  EXPECT_LT(std::abs(scores[0].error()), 0.5);
}

// The fit of one path is the fit of all classes, restricted.
TEST_F(LeaveOut, APathIsFittedAsInTheWholeTree) {
  const auto every = [](size_t, const CaseFacts&) { return true; };
  const OpModel whole = fit_classes(observations_, options_, every), path = fit_classes(observations_, options_, every, "linear");
  EXPECT_LT(path.classes.size(), whole.classes.size());
  for (const ClassFit& one : path.classes) {
    const auto same = std::ranges::find(whole.classes, one.key, &ClassFit::key);
    ASSERT_NE(same, whole.classes.end()) << one.key;
    EXPECT_EQ(encode(one).dump(), encode(*same).dump());
  }
  EXPECT_TRUE(fit_classes(observations_, options_, [](size_t, const CaseFacts&) { return false; }).classes.empty());
}

}  // namespace
}  // namespace opgauge
