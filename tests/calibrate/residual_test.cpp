// SPDX-License-Identifier: Apache-2.0
#include "calibrate/residual.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include "base/statistics.hpp"
#include "calibrate/op_fit.hpp"
#include "calibrate/random.hpp"
#include "calibrate/synthetic.hpp"
#include "estimate/op_residual.hpp"
#include "graph/case.hpp"

namespace opgauge {
namespace {

CaseFacts linear_facts(int64_t m, int64_t n, int64_t k) {
  static std::deque<Graph> kept;  // facts borrow names from their graph
  kept.push_back(parse_case("aten::linear(f32[" + std::to_string(m) + "," + std::to_string(k) + "], parameter f32[" + std::to_string(n) + "," +
                            std::to_string(k) + "])"));
  return facts_of(kept.back(), {})[0];
}

// What no sum of non-negative terms explains: a valley along the inner size.
double valley(const CaseFacts& f) { return 0.25 * std::sin(std::log2(static_cast<double>(f.k))); }

class Residual : public testing::Test {
 protected:
  void draw(int count, double noise, double signal = 1) {
    Random random(5);
    for (int i = 0; i < count; ++i) {
      facts_.push_back(linear_facts(random.log_whole(17, 800), random.log_whole(17, 800), random.log_whole(17, 800)));
      cases_.push_back({"linear", &facts_.back(), signal * valley(facts_.back()) + noise * gaussian(random), 1});
    }
  }
  std::deque<CaseFacts> facts_;
  std::vector<ResidualCase> cases_;
};

TEST_F(Residual, HelpsNearTheCases) {
  draw(250, 0.03);
  const auto residuals = fit_residuals(cases_, {});
  ASSERT_EQ(residuals.size(), 1u);
  const ResidualCorrector corrector(residuals[0]);
  Random random(6);
  double before = 0, after = 0;
  for (int i = 0; i < 200; ++i) {
    const CaseFacts f = linear_facts(random.log_whole(20, 700), random.log_whole(20, 700), random.log_whole(20, 700));
    before += std::abs(valley(f));
    after += std::abs(valley(f) - corrector.at(f).log_factor);
  }
  EXPECT_LT(after, 0.25 * before);
}

TEST_F(Residual, VanishesFarFromTheCases) {
  draw(150, 0.03);
  const auto residuals = fit_residuals(cases_, {});
  const ResidualCorrector corrector(residuals.at(0));
  for (const int64_t far : {1 << 14, 1 << 16}) {
    for (const CaseFacts& f : {linear_facts(far, 100, 100), linear_facts(100, far, 100), linear_facts(100, 100, far), linear_facts(far, far, far)}) {
      const Correction correction = corrector.at(f);
      EXPECT_NEAR(correction.log_factor, 0, 1e-3);
      EXPECT_NEAR(correction.unexplained, 1, 1e-3);
    }
  }
  EXPECT_LT(corrector.at(facts_[0]).unexplained, 0.5);
}

// Times two octaves off the model: whatever the residual learns, it moves a prediction by at most a factor of e^0.5.
TEST_F(Residual, IsBounded) {
  draw(150, 0.03, 8);
  const auto residuals = fit_residuals(cases_, {});
  const ResidualCorrector corrector(residuals.at(0));
  for (const CaseFacts& f : facts_) EXPECT_LE(std::abs(corrector.at(f).log_factor), 0.5);
}

TEST_F(Residual, OutliersDoNotMoveIt) {
  draw(250, 0.03);
  Random random(8);
  for (ResidualCase& one : cases_) {
    if (random.chance(0.05)) one.log_error += random.log_uniform(1.4, 3);
  }
  const auto residuals = fit_residuals(cases_, {});
  const ResidualCorrector corrector(residuals.at(0));
  double before = 0, after = 0;
  for (const CaseFacts& f : facts_) {
    before += std::abs(valley(f));
    after += std::abs(valley(f) - corrector.at(f).log_factor);
  }
  EXPECT_LT(after, 0.4 * before);
}

TEST_F(Residual, KeepsAtMostSoManyPoints) {
  draw(500, 0.05);
  ResidualOptions options;
  options.most_points = 120;
  const auto residuals = fit_residuals(cases_, options);
  EXPECT_EQ(residuals.at(0).weights.size(), 120u);
  EXPECT_EQ(residuals.at(0).cases, 500);
}

TEST_F(Residual, IsAppliedAsFarAsItIsBelieved) {
  draw(200, 0.02);
  ResidualOptions options;
  options.limit = 10;  // not clamped
  const auto whole = fit_residuals(cases_, options);
  options.believed = 0.4;
  const auto part = fit_residuals(cases_, options);
  ASSERT_EQ(whole.size(), 1u);
  ASSERT_EQ(part.size(), 1u);
  const ResidualCorrector all(whole[0]), some(part[0]);
  double largest = 0;
  for (const ResidualCase& one : cases_) {
    largest = std::max(largest, std::abs(all.at(*one.facts).log_factor));
    EXPECT_NEAR(some.at(*one.facts).log_factor, 0.4 * all.at(*one.facts).log_factor, 1e-9);
  }
  EXPECT_GT(largest, 0.05);
}

TEST_F(Residual, SameSeedAndCasesSameBits) {
  draw(300, 0.05);
  EXPECT_EQ(encode(fit_residuals(cases_, {})).dump(), encode(fit_residuals(cases_, {})).dump());
}

TEST_F(Residual, IsKeptOnlyForAClearGain) {
  draw(60, 0.05);
  const auto fitted = fit_residuals(cases_, {});
  const auto trials = [&](double factor, double wobble) {
    std::vector<ResidualTrial> all;
    Random random(9);
    for (size_t i = 0; i < 60; ++i) all.push_back({"linear", i, 0.2, 0.2 * factor + wobble * (random.uniform() - 0.5), 1});
    return all;
  };
  const auto kept = [&](const std::vector<ResidualTrial>& of) {
    auto residuals = fitted;
    keep_gaining(residuals, of, {});
    return residuals.size();
  };
  EXPECT_EQ(kept(trials(0.5, 0.01)), 1u);   // half the error
  EXPECT_EQ(kept(trials(0.97, 0.01)), 0u);  // 3 %: below the margin
  EXPECT_EQ(kept(trials(1.2, 0.01)), 0u);   // worse
  std::vector<ResidualTrial> one_network;   // a gain in one network among sixty
  for (size_t i = 0; i < 60; ++i) one_network.push_back({"linear", i, 0.2, i == 0 ? -0.0 : 0.2, i == 0 ? 8.0 : 1.0});
  EXPECT_EQ(kept(one_network), 0u);
  EXPECT_EQ(kept({}), 0u);
}

TEST_F(Residual, FewCasesHaveNone) {
  draw(20, 0.05);
  EXPECT_TRUE(fit_residuals(cases_, {}).empty());
}

// In the whole fit: a class with a valley keeps its residual, pure noise keeps none.
std::vector<Observation> observed_linears(bool with_valley) {
  Random random(10);
  std::vector<Observation> all;
  for (int i = 0; i < 300; ++i) {
    const int64_t m = random.log_whole(17, 800), n = random.log_whole(17, 800), k = random.log_whole(17, 800);
    const CaseFacts f = linear_facts(m, n, k);
    Observation one{"n" + std::to_string(i), "linear",
                    parse_case("aten::linear(f32[" + std::to_string(m) + "," + std::to_string(k) + "], parameter f32[" + std::to_string(n) + "," +
                               std::to_string(k) + "])"),
                    {(4e-6 + 2e-11 * cost_features()[cost_feature("blas_flops")].value(f)) * std::exp((with_valley ? valley(f) : 0) + 0.03 * gaussian(random))}, 0, 0, 1};
    one.typical_s = one.least_run_s = one.quiet_node_s[0];
    all.push_back(std::move(one));
  }
  return all;
}

TEST(OpFitResidual, IsKeptWhereItHelps) {
  OpFitOptions options;
  const auto observations = observed_linears(true);
  const OpFitResult with = fit_op_model(observations, options);
  options.with_residuals = false;
  const OpFitResult without = fit_op_model(observations, options);
  ASSERT_EQ(with.model.residuals.size(), 1u);
  EXPECT_EQ(with.model.residuals[0].key, "linear");
  const auto error = [](const OpFitResult& fit) { return fit.network_errors().mape; };
  EXPECT_LT(error(with), 0.6 * error(without));
  // Far away the prediction is the physical one, and less certain.
  const OpPredictor predictor(with.model), physical(without.model);
  const CaseFacts far = linear_facts(1 << 14, 1 << 14, 1 << 14), near = linear_facts(100, 100, 100);
  const auto factor = [](const OpFitResult& fit) { return std::ranges::find(fit.model.classes, "linear", &ClassFit::key)->sum_factor; };
  const double expected_s = physical.predict(far).latency_s / factor(without) * factor(with);
  EXPECT_NEAR(predictor.predict(far).latency_s / expected_s, 1, 1e-3);
  EXPECT_NEAR(predictor.predict(far).physical_s / expected_s, 1, 1e-12);
  EXPECT_GT(predictor.predict(far).own_sd, predictor.predict(near).own_sd);
}

TEST(OpFitResidual, NoiseKeepsNone) {
  EXPECT_TRUE(fit_op_model(observed_linears(false), {}).model.residuals.empty());
}

TEST(OpFitResidual, RecordsWithoutOneAreRead) {
  const OpModel model = fit_op_model(observed_linears(true), {}).model;
  Json json = encode(model);
  OpModel again;
  decode("", json, again);
  EXPECT_EQ(encode(again).dump(), json.dump());
  json.erase("residuals");
  OpModel older;
  decode("", json, older);
  EXPECT_TRUE(older.residuals.empty());
  ASSERT_FALSE(model.residuals.empty());
  ClassResidual broken = model.residuals[0];
  broken.points.pop_back();
  EXPECT_THROW(ResidualCorrector{broken}, Error);
  broken = model.residuals[0];
  broken.coordinates[0] = "elevation";
  EXPECT_THROW(ResidualCorrector{broken}, Error);
}

}  // namespace
}  // namespace opgauge
