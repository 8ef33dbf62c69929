// SPDX-License-Identifier: Apache-2.0
// The fit on observations whose truth is known: designed networks with times of known coefficients (synthetic.hpp).
#include "calibrate/op_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <map>

#include "base/statistics.hpp"
#include "calibrate/far_input.hpp"
#include "calibrate/random.hpp"
#include "calibrate/synthetic.hpp"
#include "graph/builder.hpp"
#include "graph/case.hpp"

namespace opgauge {
namespace {

const SyntheticMachine machine;

const std::vector<DesignedNetwork>& design() {
  static const std::vector<DesignedNetwork> networks = small_design();
  return networks;
}

double feature_of(const CaseFacts& facts, std::string_view name) { return cost_features()[cost_feature(name)].value(facts); }

// One linear layer a network, its shape drawn at random.
Observation one_linear(int64_t m, int64_t n, int64_t k, const CostConditions& conditions, double factor) {
  Observation seen{"linear", "linear", parse_case("aten::linear(f32[" + std::to_string(m) + "," + std::to_string(k) +
                                                  "], parameter f32[" + std::to_string(n) + "," + std::to_string(k) + "])"),
                   {}, 0, 0, 1};
  const CaseFacts facts = facts_of(seen.graph, conditions)[0];
  seen.quiet_node_s = {factor * (4e-6 + 2e-11 * feature_of(facts, "blas_flops") + 3e-10 * facts.output_bytes)};
  seen.typical_s = seen.least_run_s = seen.quiet_node_s[0];
  return seen;
}

CaseFacts case_facts(const std::string& text, const CostConditions& conditions = {}) {
  static std::deque<Graph> kept;  // facts borrow names from their graph
  kept.push_back(parse_case(text));
  return facts_of(kept.back(), conditions)[0];
}

TEST(OpFit, RecoversKnownCoefficientsThroughNoiseAndOutliers) {
  const OpFitOptions options;
  Random random(3);
  std::vector<Observation> observations;
  for (int i = 0; i < 400; ++i) {
    const double factor = std::exp(0.03 * gaussian(random)) * (random.chance(0.05) ? random.log_uniform(4, 20) : 1);
    observations.push_back(one_linear(random.log_whole(17, 600), random.log_whole(17, 600), random.log_whole(17, 600), options.conditions, factor));
  }
  const OpFitResult fit = fit_op_model(observations, options);
  const auto at = std::find_if(fit.model.classes.begin(), fit.model.classes.end(), [](const ClassFit& one) { return one.key == "linear"; });
  ASSERT_NE(at, fit.model.classes.end());
  // Padded and plain FLOPs cannot be told apart where nothing is padded: what is known is their sum.
  double call_s = 0, flop_s = 0, result_s = 0;
  for (const FeatureCoefficient& one : at->coefficients) {
    const CostFeature& feature = cost_features()[cost_feature(one.feature)];
    if (one.feature == "call" || one.feature == "products") call_s += one.value_s;
    if (feature.per == "FLOP") flop_s += one.value_s;
    if (one.feature == "result_bytes" || one.feature == "beyond_l2_bytes") result_s += one.value_s;
  }
  EXPECT_NEAR(call_s, 4e-6, 0.4e-6);
  EXPECT_NEAR(flop_s, 2e-11, 0.1e-11);
  EXPECT_NEAR(result_s, 3e-10, 0.6e-10);
  Random fresh(4);
  const OpPredictor predictor(fit.model);
  for (int i = 0; i < 100; ++i) {
    const Observation one = one_linear(fresh.log_whole(17, 600), fresh.log_whole(17, 600), fresh.log_whole(17, 600), options.conditions, 1);
    EXPECT_NEAR(predictor.predict(facts_of(one.graph, options.conditions)[0]).latency_s / one.quiet_node_s[0], 1, 0.06) << i;
  }
}

// A tail of a hundred FLOPs beside a call of microseconds is noise; stretched to a longer tail it was hundreds of times as dear.
TEST(OpFit, NoFlopIsDearerThanFiftyOfTheCheapest) {
  const OpFitOptions options;
  const auto observations = synthetic_observations(design(), options.conditions, machine, {0.3, 0.05, 5});
  const OpFitResult fit = fit_op_model(observations, options);
  std::map<std::string, double> cheapest_s;
  for (const FittedCase& one : fit.cases) {
    const double flops = facts_of(observations[one.network].graph, options.conditions)[one.node].flops;
    if (flops <= 0) continue;
    const auto [at, fresh] = cheapest_s.try_emplace(one.key, one.measured_s / flops);
    at->second = std::min(at->second, one.measured_s / flops);
  }
  int bounded = 0;
  for (const ClassFit& one : fit.model.classes) {
    if (!cheapest_s.contains(one.key)) continue;
    for (const FeatureCoefficient& coefficient : one.coefficients) {
      if (cost_features()[cost_feature(coefficient.feature)].per != "FLOP" || coefficient.feature == "flops") continue;
      ++bounded;
      EXPECT_LE(coefficient.value_s, 50.01 * cheapest_s[one.key]) << one.key << " " << coefficient.feature;
    }
  }
  EXPECT_GE(bounded, 20);
}

// A whole design of some seventy classes: 3 % noise, every twentieth call takes 4 to 20 times as long.
TEST(OpFit, RecoversEveryWellCoveredClass) {
  const OpFitOptions options;
  const std::vector<DesignedNetwork> networks = small_design(320);
  std::map<std::string, std::vector<double>> errors;
  std::map<std::string, int> cases;
  for (const uint64_t seed : {11, 12}) {  // one draw of the noise moves the median of a class by a few percent
    const auto observations = synthetic_observations(networks, options.conditions, machine, {0.03, 0.05, seed});
    const OpFitResult fit = fit_op_model(observations, options);
    const OpPredictor predictor(fit.model);
    cases.clear();
    for (const Observation& one : observations) {
      const std::vector<CaseFacts> all = facts_of(one.graph, options.conditions);
      const std::vector<bool> far = reads_far_input(one.graph, all, options.conditions.l2_bytes);
      for (size_t n = 0; n < all.size(); ++n) {
        if (far[n]) continue;  // not fitted: what only surrounds a network, above all
        const CaseFacts& facts = all[n];
        const OpPrediction call = predictor.predict(facts);
        const double median_s = call.latency_s / std::ranges::find(fit.model.classes, call.key, &ClassFit::key)->sum_factor;
        errors[cost_class_key(facts)].push_back(std::abs(median_s / machine.true_s(facts) - 1));
        ++cases[cost_class_key(facts)];
      }
    }
    EXPECT_LT(fit.network_errors().median, 0.2);  // measured sums hold the outliers
  }
  int covered = 0;
  for (const auto& [key, of_class] : errors) {
    if (cases[key] < 35) continue;  // the priors weigh seven at most
    ++covered;
    // A view takes a microsecond, mostly clock: it weighs a tenth of other calls.
    EXPECT_LT(median(of_class), key.starts_with("view") ? 0.08 : 0.06) << key << ", " << cases[key] << " cases";
  }
  EXPECT_GE(covered, 15);
}

// A step of a loop of cells takes eight times what a step of oneDNN's LSTM does, on which the class leans: it is told by its cases.
TEST(OpFit, AParentIsBelievedAsFarAsItExplainsTheClass) {
  Random random(6);
  OpFitOptions options;
  const auto layer = [&](bool lstm) {
    const int64_t hidden = random.log_whole(50, 100);
    const std::string steps = std::to_string(random.log_whole(8, 100)), h = std::to_string(hidden), gates = std::to_string((lstm ? 4 : 3) * hidden);
    const std::string state = "f32[1,1," + h + "]", matrices = "[parameter f32[" + gates + ",64], parameter f32[" + gates + "," + h + "]]";
    Observation seen{"recurrent", "recurrent", parse_case((lstm ? "aten::lstm.input(" : "aten::gru.input(") + ("f32[1," + steps + ",64], ") +
                                                          (lstm ? "[" + state + ", " + state + "]" : state) + ", " + matrices + ", false, 1, 0.0, false, false, true)"),
                     {}, 0, 0, 1};
    seen.quiet_node_s = {(2e-6 + (lstm ? 1e-6 : 8e-6) * facts_of(seen.graph, options.conditions)[0].steps) * std::exp(0.03 * gaussian(random))};
    return seen;
  };
  std::vector<Observation> observations;
  for (int i = 0; i < 60; ++i) observations.push_back(layer(i % 2 == 0));
  const auto median_error = [&] {  // of the loops
    const OpModel model = fit_classes(observations, options, [](size_t, const CaseFacts&) { return true; });
    const OpPredictor predictor(model);
    std::vector<double> errors;
    for (size_t i = 1; i < observations.size(); i += 2) {
      const CaseFacts facts = facts_of(observations[i].graph, options.conditions)[0];
      errors.push_back(std::abs(predictor.predict(facts).latency_s / (2e-6 + 8e-6 * facts.steps) - 1));
    }
    return median(errors);
  };
  const double believed = median_error();
  options.half_believed_log_error = 1e9;  // whatever it says
  EXPECT_LT(believed, 0.03);
  EXPECT_GT(median_error(), 2 * believed);
}

// The first call of a network reads what the networks visited in between pushed into memory: one that only moves bytes is no
// case, and a network of nothing else has no error.
TEST(OpFit, BytesOfAFarInputAreNoCase) {
  const OpFitOptions options;
  std::vector<DesignedNetwork> networks = small_design(40);
  GraphBuilder far("far");
  const ValueId x = far.input("x", {Dtype::f32, {1, 64, 200, 200}});
  networks.push_back({"lone", far.finish({far.call("aten::relu", {{"self", x}})}), 0});
  GraphBuilder near("near");
  const ValueId y = near.call("aten::sigmoid", {{"self", near.input("x", {Dtype::f32, {1, 64, 200, 200}})}});
  networks.push_back({"lone", near.finish({near.call("aten::relu", {{"self", y}})}), 0});
  const OpFitResult fit = fit_op_model(synthetic_observations(networks, options.conditions, machine, {0.03, 0, 17}), options);
  EXPECT_TRUE(fit.nodes_of_networks()[networks.size() - 2].empty());
  EXPECT_EQ(fit.nodes_of_networks()[networks.size() - 1], std::vector<size_t>{1});
  EXPECT_TRUE(std::isfinite(fit.network_errors().mape)) << "over the networks that have cases";
}

// Thin classes: a random subset of the calls is all that is left, most classes have a handful or none. Inside the design's
// region (its own calls) no prediction of a class with fewer than 15 cases, or of one that has none, may be more than 4 times
// off launch + roofline, which every class's truth stays within a factor of 1.7 of; classes with more may use features that
// their few cases hardly vary, up to 8 times.
TEST(OpFit, NoThinClassExplodes) {
  const OpFitOptions options;
  const auto whole = synthetic_observations(design(), options.conditions, machine, {0.05, 0.05, 12});
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Random random(seed);
    std::map<std::string, double> kept;  // share of a class's calls that stay
    std::vector<Observation> thin = whole;
    for (Observation& one : thin) {
      const auto facts = facts_of(one.graph, options.conditions);
      for (size_t n = 0; n < facts.size(); ++n) {
        const auto at = kept.try_emplace(cost_class_key(facts[n]), random.pick({0.0, 0.01, 0.03, 0.1, 1.0})).first;
        if (!random.chance(at->second)) one.quiet_node_s[n] = 0;  // not measured
      }
    }
    const OpFitResult fit = fit_op_model(thin, options);
    const OpPredictor predictor(fit.model);
    for (const Observation& one : whole) {
      const auto facts = facts_of(one.graph, options.conditions);
      for (size_t n = 0; n < facts.size(); ++n) {
        // A table of which a few rows are read: neither the reference nor the root knows that.
        if (facts[n].name == "embedding" || facts[n].name == "gather") continue;
        const OpPrediction call = predictor.predict(facts[n]);
        const double ratio = call.latency_s / machine.reference_s(facts[n]);
        const auto used = std::ranges::find(fit.model.classes, call.key, &ClassFit::key);
        const double most = used->cases >= 15 && call.extrapolated.find("not calibrated") == std::string::npos ? 8 : 4;
        EXPECT_LT(ratio, most) << seed << " " << call.key << " " << case_text(one.graph, one.graph.nodes[n]);
        EXPECT_GT(ratio, 1 / most) << seed << " " << call.key << " " << case_text(one.graph, one.graph.nodes[n]);
      }
    }
  }
}

TEST(OpFit, SameSeedAndCasesSameBits) {
  const OpFitOptions options;
  const auto observations = synthetic_observations(small_design(40), options.conditions, machine, {0.05, 0.05, 13});
  const OpFitResult a = fit_op_model(observations, options), b = fit_op_model(observations, options);
  EXPECT_EQ(encode(a.model).dump(), encode(b.model).dump());
  EXPECT_EQ(a.network_held_out_s, b.network_held_out_s);
  ASSERT_EQ(a.cases.size(), b.cases.size());
  for (size_t i = 0; i < a.cases.size(); ++i) EXPECT_EQ(a.cases[i].held_out_s, b.cases[i].held_out_s);
}

// Each coefficient is non-negative, so whatever grows no feature smaller costs no less. Grown here: every size at once, in
// steps that keep what is padded padded.
TEST(OpFit, MoreWorkNeverCostsLess) {
  const OpFitOptions options;
  const auto observations = synthetic_observations(design(), options.conditions, machine, {0.2, 0.1, 14});
  const OpFitResult fit = fit_op_model(observations, options);
  for (const ClassFit& one : fit.model.classes) {
    for (const FeatureCoefficient& coefficient : one.coefficients) {
      EXPECT_GE(coefficient.value_s, 0) << one.key << " " << coefficient.feature;
      EXPECT_TRUE(std::isfinite(coefficient.value_s)) << one.key << " " << coefficient.feature;
    }
  }
  const OpPredictor predictor(fit.model);
  const auto rising = [&](const std::string& name, const std::function<std::string(int64_t)>& text) {
    double before = 0;
    for (int64_t size = 32; size <= 1024; size += 16) {
      const double now = predictor.predict(case_facts(text(size))).latency_s;
      EXPECT_GE(now, before * (1 - 1e-12)) << name << " at " << size;
      before = now;
    }
  };
  rising("linear rows", [](int64_t s) { return "aten::linear(f32[" + std::to_string(s) + ",256], parameter f32[128,256])"; });
  rising("linear columns", [](int64_t s) { return "aten::linear(f32[64,256], parameter f32[" + std::to_string(s) + ",256])"; });
  rising("linear depth", [](int64_t s) {
    return "aten::linear(f32[64," + std::to_string(s) + "], parameter f32[128," + std::to_string(s) + "])";
  });
  rising("relu", [](int64_t s) { return "aten::relu(f32[4," + std::to_string(s) + ",32])"; });
  rising("softmax", [](int64_t s) { return "aten::softmax.int(f32[" + std::to_string(s) + ",64], -1)"; });
  rising("conv", [](int64_t s) {
    return "aten::conv2d(f32[2," + std::to_string(s) + ",14,14], parameter f32[64," + std::to_string(s) + ",3,3], None, [1,1], [1,1])";
  });
}

class Extrapolation : public testing::Test {
 protected:
  static const OpModel& model() {
    static const OpModel fitted = fit_op_model(synthetic_observations(design(), {}, machine, {0.03, 0.02, 15}), {}).model;
    return fitted;
  }
  OpPrediction predict(const std::string& text) const { return OpPredictor(model()).predict(case_facts(text)); }
};

TEST_F(Extrapolation, InsideNothingIsSaid) {
  EXPECT_EQ(predict("aten::linear(f32[64,256], parameter f32[256,256])").extrapolated, "");
  EXPECT_EQ(predict("aten::relu(f32[4,64,16,16])").extrapolated, "");
}

TEST_F(Extrapolation, ChannelsFarOutside) {
  const OpPrediction call = predict("aten::conv2d(f32[1,16384,7,7], parameter f32[16384,16384,3,3], None, [1,1], [1,1])");
  EXPECT_NE(call.extrapolated, "");
  ASSERT_LT(call.call_s, 1e-4 * call.latency_s);
  // What is not far: what a call costs whatever its size, and features that the cases come near to.
  const CaseFacts facts = case_facts("aten::conv2d(f32[1,16384,7,7], parameter f32[16384,16384,3,3], None, [1,1], [1,1])");
  const auto fit = std::ranges::find(model().classes, call.key, &ClassFit::key);
  double near_s = 0;
  for (const FeatureCoefficient& one : fit->coefficients) {
    const double value = feature_of(facts, one.feature);
    if (value <= 4 * one.seen_high) near_s += fit->sum_factor * one.value_s * value;
  }
  EXPECT_LT(near_s, 1e-3 * call.physical_s);
  EXPECT_GE(call.common_sd, 0.35 * (1 - near_s / call.physical_s) - 1e-12) << "all the rest is far outside";
  EXPECT_NE(predict("aten::linear(f32[64,65536], parameter f32[65536,65536])").extrapolated, "");
}

TEST_F(Extrapolation, SizeFarOutside) {
  EXPECT_NE(predict("aten::relu(f32[512,512,224,224])").extrapolated, "");
  EXPECT_NE(predict("aten::softmax.int(f32[4096,12,1024,1024], -1)").extrapolated, "");
  EXPECT_NE(predict("aten::layer_norm(f32[4000000,768], [768], parameter f32[768], parameter f32[768])").extrapolated, "");
}

// In a class that has many cases, of other ops: the table puts it there, no measurement does.
TEST_F(Extrapolation, AnOpThatItsClassNeverSaw) {
  const auto fit = std::ranges::find(model().classes, "relu", &ClassFit::key);
  ASSERT_NE(fit, model().classes.end());
  ASSERT_NE(std::ranges::find(fit->ops, "relu"), fit->ops.end());
  EXPECT_EQ(predict("aten::relu(f32[8,197,384])").extrapolated, "");
  ASSERT_EQ(std::ranges::find(fit->ops, "minimum"), fit->ops.end());
  const OpPrediction unseen = predict("aten::minimum(f32[8,197,384], f32[8,197,384])");
  EXPECT_NE(unseen.extrapolated.find("no minimum among"), std::string::npos) << unseen.extrapolated;
  EXPECT_GE(unseen.common_sd, 0.6);
}

TEST_F(Extrapolation, AnOpThatTheFitNeverSaw) {
  auto observations = synthetic_observations(design(), {}, machine, {0.03, 0.02, 16});
  for (Observation& one : observations) {
    const auto facts = facts_of(one.graph, {});
    for (size_t n = 0; n < facts.size(); ++n) {
      if (facts[n].name == "gelu" || facts[n].dtype == Dtype::bf16) one.quiet_node_s[n] = 0;
    }
  }
  const OpModel without = fit_op_model(observations, {}).model;
  const OpPredictor predictor(without);
  const OpPrediction gelu = predictor.predict(case_facts("aten::gelu(f32[8,197,3072])"));
  EXPECT_NE(gelu.extrapolated.find("gelu: not calibrated"), std::string::npos) << gelu.extrapolated;
  const OpPrediction reduced = predictor.predict(case_facts("aten::linear(bf16[64,256], parameter bf16[256,256])"));
  EXPECT_NE(reduced.extrapolated.find("linear@bf16: not calibrated"), std::string::npos) << reduced.extrapolated;
}

// An interval of a sum: the shared error of a class stays, the own errors of its calls average out.
TEST_F(Extrapolation, IntervalsOfSums) {
  const OpPredictor predictor(model());
  const OpPrediction one = predict("aten::linear(f32[64,256], parameter f32[256,256])");
  const OpPrediction other = predict("aten::relu(f32[4,64,16,16])");
  const auto width = [](const OpPredictor::Total& total) { return std::log(total.high_s / total.low_s); };
  const auto alone = predictor.total({one});
  EXPECT_LT(alone.low_s, alone.latency_s);
  EXPECT_GT(alone.high_s, alone.latency_s);
  EXPECT_NEAR(std::sqrt(alone.low_s * alone.high_s), alone.latency_s, 1e-12);
  const auto many = predictor.total(std::vector<OpPrediction>(50, one));
  EXPECT_NEAR(many.latency_s, 50 * one.latency_s, 1e-9);
  EXPECT_LE(width(many), width(alone) * (1 + 1e-9));
  EXPECT_GE(width(many), 2 * model().interval_factor * one.common_sd * (1 - 1e-9));
  for (const double call_over_sum : {0.5, 2.0}) {  // a sum of one call errs as a call does, and not less than sums do
    OpModel changed = model();
    changed.call_interval_factor = call_over_sum * changed.interval_factor;
    const OpPredictor other_predictor(changed);
    EXPECT_NEAR(width(other_predictor.total({one})), std::max(1.0, 1 / call_over_sum) * width(other_predictor.interval(one)), 1e-9);
  }
  EXPECT_EQ(deciding_shapes({one}), 1);
  EXPECT_EQ(deciding_shapes(std::vector<OpPrediction>(50, one)), 1) << "calls of one shape are off together";
  OpPrediction as_long = other;
  as_long.latency_s = one.latency_s;
  EXPECT_NEAR(deciding_shapes({one, as_long}), 2, 1e-12);
  const auto both = predictor.total({one, other});
  EXPECT_LT(width(both), std::max(width(alone), width(predictor.total({other}))));
  const auto none = predictor.total({});
  EXPECT_EQ(none.latency_s, 0);
  EXPECT_EQ(none.high_s, 0);
}

// What split conformal prediction promises, before the share of it that models take.
TEST(OpFit, IntervalsHoldHeldOutNetworks) {
  OpFitOptions options;
  options.model_over_composite = 1;
  double inside = 0, networks = 0;
  for (const uint64_t seed : {7, 8, 9, 10}) {  // one draw alone says little: calls of a class err together, and a design has its thin classes
    const std::vector<DesignedNetwork> drawn = small_design(260, seed);
    for (const uint64_t noise : {17, 18}) {
      const auto observations = synthetic_observations(drawn, options.conditions, machine, {0.1, 0, noise});
      const OpFitResult fit = fit_op_model(observations, options);
      const OpPredictor predictor(fit.model);
      for (size_t i = 0; i < observations.size(); ++i) {
        std::vector<OpPrediction> calls;
        for (const CaseFacts& facts : facts_of(observations[i].graph, options.conditions)) calls.push_back(predictor.predict(facts));
        const auto total = predictor.total(calls);
        const double ratio = fit.network_measured_s[i] / fit.network_held_out_s[i];
        inside += ratio >= total.low_s / total.latency_s && ratio <= total.high_s / total.latency_s;
        ++networks;
      }
    }
  }
  EXPECT_GE(inside / networks, 0.85) << networks;
}

TEST(OpFit, AModelsIntervalIsAPartOfItsComposites) {
  OpFitOptions options;
  const auto observations = synthetic_observations(design(), options.conditions, machine, {0.1, 0, 17});
  options.model_over_composite = 1;
  const double whole = fit_op_model(observations, options).model.interval_factor;
  options.model_over_composite = 0.5;
  EXPECT_NEAR(fit_op_model(observations, options).model.interval_factor, 0.5 * whole, 1e-12);
}

// Two calls of three take as long as the class says, the others 1.6 times as long: the fit is nearer to the first, sums are
// predicted by the mean.
TEST(OpFit, SumsArePredictedByTheMean) {
  const OpFitOptions options;
  Random random(5);
  std::vector<Observation> observations;
  double measured_s = 0, predicted_s = 0;
  for (int i = 0; i < 300; ++i) {
    const double factor = random.chance(0.65) ? 1 : 1.6;
    observations.push_back(one_linear(random.log_whole(100, 400), random.log_whole(100, 400), random.log_whole(100, 400), options.conditions, factor));
  }
  const OpFitResult fit = fit_op_model(observations, options);
  const OpPredictor predictor(fit.model);
  for (const Observation& one : observations) {
    measured_s += one.quiet_node_s[0];
    predicted_s += predictor.predict(facts_of(one.graph, options.conditions)[0]).latency_s;
  }
  EXPECT_NEAR(predicted_s / measured_s, 1, 0.03);
  EXPECT_GT(std::ranges::find(fit.model.classes, "linear", &ClassFit::key)->sum_factor, 1.03);
}

TEST(OpFit, NothingToFitIsAnError) {
  EXPECT_THROW(fit_op_model({}, {}), Error);
}

}  // namespace
}  // namespace opgauge
