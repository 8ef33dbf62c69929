// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_rounds.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <random>

#include "graph/liveness.hpp"
#include "graph/rewrite.hpp"
#include "measure/protocol_pool.hpp"
#include "measure/protocol_statistics.hpp"

namespace opgauge {
namespace {

// A shared last cache keeps what was read twice by and by: a model of about its size is read a fifth to two thirds quicker in its
// eighth run than in its second (docs/measuring.md), and whoever serves it runs it again and again. Twice as much finds nothing.
constexpr int64_t least_kept_bytes = 4'000'000, most_kept_bytes = 36'000'000;
constexpr int runs_until_kept = 8;

int least_runs(const Graph& graph) {
  const int64_t bytes = touched_bytes(graph);
  return bytes > least_kept_bytes && bytes < most_kept_bytes ? runs_until_kept : 1;
}

class Rounds {
 public:
  Rounds(Device& device, std::span<const MeasuredRow> rows, std::span<RowState> states,
         const ProtocolSettings& settings, const Surroundings& around, int64_t capacity_bytes,
         const RoundHooks& hooks)
      : rows_(rows),
        states_(states),
        settings_(settings),
        around_(around),
        hooks_(hooks),
        pool_(device, capacity_bytes),
        elapsed_(around.clock),
        node_counts_(rows.size(), 0),
        least_runs_(rows.size(), 1),
        int8_(rows.size()) {}

  End run() {
    for (RowState& state : states_) {
      if (state.outcome && state.outcome->verdict == Verdict::budget) state.outcome.reset();
    }
    for (int round = first_round();; ++round) {
      const double begin_s = elapsed_.read_s();
      const std::vector<size_t> order = order_of(round);
      if (!any_open()) return End::finished;
      if (order.empty()) continue;
      for (const size_t row : order) {
        if (hooks_.interrupted && hooks_.interrupted()) return finish(round, End::interrupted);
        if (settings_.budget_s && elapsed_.read_s() >= *settings_.budget_s) {
          for (size_t i = 0; i < rows_.size(); ++i) {
            if (!states_[i].outcome) close(i, close_at(Stop::budget, states_[i].visits, settings_));
          }
          return finish(round, End::budget);
        }
        visit(row, round);
      }
      finish(round, End::finished);
      if (any_open()) wait(begin_s + settings_.round_interval_s);
    }
  }

 private:
  bool any_open() const {
    return std::any_of(states_.begin(), states_.end(),
                       [](const RowState& s) { return !s.outcome; });
  }

  // The round that was under way when the states were written.
  int first_round() const {
    int round = 0;
    for (const RowState& state : states_) {
      for (const Visit& visit : state.visits) round = std::max(round, visit.round);
    }
    return round;
  }

  // Open rows that this round has not visited and that are due, in an order that depends on the seed and the round
  // alone.
  std::vector<size_t> order_of(int round) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < rows_.size(); ++i) order.push_back(i);
    std::mt19937_64 random(settings_.seed * 1000003 + static_cast<uint64_t>(round));
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    std::erase_if(order, [&](size_t row) {
      const RowState& state = states_[row];
      if (state.outcome) return true;
      if (state.visits.empty()) return false;
      const Visit& last = state.visits.back();
      if (last.round >= round) return true;
      return settings_.seldom_above_s > 0 && last.run_s > settings_.seldom_above_s && (static_cast<size_t>(round) + row) % 2 == 1;
    });
    return order;
  }

  End finish(int round, End end) {
    if (hooks_.on_round_end) hooks_.on_round_end(round);
    return end;
  }

  void close(size_t row, const Outcome& outcome) {
    if (hooks_.on_outcome) hooks_.on_outcome(row, outcome);
    states_[row].outcome = outcome;
    pool_.release(row);
  }

  // Prepares the row if it is not; true if it is new in this process.
  Executable& prepared(size_t row, bool& fresh) {
    fresh = false;
    if (Executable* executable = pool_.find(row)) return *executable;
    fresh = true;
    const RunnableModel model = rows_[row].model();
    node_counts_[row] = model.graph.nodes.size();
    least_runs_[row] = least_runs(model.graph);
    int8_[row] = int8_nodes(model.graph);
    return pool_.prepare(row, model.graph, model.stored);
  }

  void visit(size_t row, int round) {
    if (hooks_.on_visit_begin) hooks_.on_visit_begin(row, round);
    RowState& state = states_[row];
    std::optional<RowFacts> facts;
    std::optional<Visit> seen;
    std::optional<Outcome> outcome;
    try {
      bool fresh = false;
      Executable& executable = prepared(row, fresh);
      const double at_s = elapsed_.read_s();
      const bool end_to_end = settings_.end_to_end_every > 0 && round % settings_.end_to_end_every == 0;
      seen = visit_row(executable, node_counts_[row], least_runs_[row], fresh, end_to_end, settings_, around_);
      seen->round = round;
      seen->at_s = at_s;
      if (!state.facts) facts = facts_of(executable, int8_[row]);
    } catch (const TooLarge& error) {
      outcome = Outcome{Verdict::skipped, Stop::not_run, error.message()};
    } catch (const Error& error) {
      outcome = Outcome{Verdict::failed, Stop::not_run, error.what()};
    } catch (const std::bad_alloc&) {
      outcome = Outcome{Verdict::failed, Stop::not_run, "out of memory while running"};
    }
    if (outcome) {
      close(row, *outcome);
      return;
    }
    if (facts) {
      if (hooks_.on_facts) hooks_.on_facts(row, *facts);
      state.facts = *facts;
    }
    if (hooks_.on_visit) hooks_.on_visit(row, *seen);
    state.visits.push_back(std::move(*seen));
    if (const auto decided = decide(state.visits, settings_)) close(row, *decided);
  }

  static RowFacts facts_of(Executable& executable, const Int8Nodes& int8) {
    RowFacts facts;
    facts.held_bytes = executable.held_bytes();
    facts.peak_intermediate_bytes = executable.measure_peak_intermediate_bytes();
    const ExecutedWork work = executable.count_work();
    facts.macs = work.macs;
    facts.calls = work.calls;
    facts.int8_kernels = int8.kernels;
    facts.int8_boundaries = int8.boundaries;
    return facts;
  }

  // In short steps, so that an interruption is not kept waiting.
  void wait(double until_s) {
    for (;;) {
      const double left_s = until_s - elapsed_.read_s();
      if (left_s < 1e-6 || (hooks_.interrupted && hooks_.interrupted())) return;
      around_.clock.sleep_s(std::min(left_s, 0.1));
    }
  }

  std::span<const MeasuredRow> rows_;
  std::span<RowState> states_;
  const ProtocolSettings& settings_;
  const Surroundings& around_;
  const RoundHooks& hooks_;
  PreparedPool pool_;
  ElapsedTime elapsed_;
  std::vector<size_t> node_counts_;
  std::vector<int> least_runs_;
  std::vector<Int8Nodes> int8_;
};

}  // namespace

End measure_rows(Device& device, std::span<const MeasuredRow> rows, std::span<RowState> states,
                 const ProtocolSettings& settings, const Surroundings& around,
                 int64_t capacity_bytes, const RoundHooks& hooks) {
  OPGAUGE_CHECK(rows.size() == states.size(), "one state per row");
  return Rounds(device, rows, states, settings, around, capacity_bytes, hooks).run();
}

}  // namespace opgauge
