// SPDX-License-Identifier: Apache-2.0
// Rounds over all rows: the loop that spreads every row's visits over the whole run.
//
//   std::vector<RowState> states(rows.size());        // or as a journal gave them back
//   End end = measure_rows(device, rows, states, settings, around, {.on_visit = …});
//
// All state is in `states`; every change of it is told through a hook first, so whoever writes the
// hooks' arguments to a journal can continue after a crash at any moment.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/device.hpp"
#include "measure/meters/energy.hpp"
#include "measure/protocol.hpp"
#include "measure/protocol_visit.hpp"

namespace opgauge {

struct RunnableModel {
  Graph graph;
  StoredTensors stored;  // a file's own weights; empty for random ones
};

struct MeasuredRow {
  // Built when it is needed. Error: the row is `failed` for that reason; TooLarge: it is `skipped`.
  std::function<RunnableModel()> model;
};

struct RowState {
  std::vector<Visit> visits;
  std::optional<RowFacts> facts;
  std::optional<EnergyMeasurement> energy;
  std::optional<Outcome> outcome;  // set: the row is closed
};

enum class End { finished, budget, interrupted };

struct RoundHooks {
  std::function<void(size_t row, const RowFacts&)> on_facts;
  std::function<void(size_t row, const Visit&)> on_visit;
  std::function<void(size_t row, const Outcome&)> on_outcome;
  std::function<void(int round)> on_round_end;  // also after the last, incomplete one
  std::function<void(size_t row, int round)> on_visit_begin;
  std::function<bool()> interrupted;  // asked between visits
};

// `capacity_bytes`: what prepared rows may take together. Rows closed by a budget before are open
// again. Errors thrown by hooks (a full disk) pass through; errors of one row close that row as
// failed.
End measure_rows(Device& device, std::span<const MeasuredRow> rows, std::span<RowState> states,
                 const ProtocolSettings& settings, const Surroundings& around,
                 int64_t capacity_bytes, const RoundHooks& hooks);

}  // namespace opgauge
