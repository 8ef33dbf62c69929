// SPDX-License-Identifier: Apache-2.0
#include "sweep/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

#include "sweep/expression.hpp"

namespace opgauge {
namespace {

constexpr size_t max_points = 1'000'000;

// What the selection says of a family's axis: "family.axis" goes before "axis", which is meant for
// every family that has it. nullptr: nothing.
const std::string* given_values(const SweepFamily& family, const std::string& axis,
                                const Selection& selection) {
  const auto own = selection.axes.find(family.name + "." + axis);
  if (!family.name.empty() && own != selection.axes.end()) return &own->second;
  const auto common = selection.axes.find(axis);
  return common == selection.axes.end() ? nullptr : &common->second;
}

// The family's axes with the selection's values in place.
std::vector<Axis> chosen_axes(const SweepFamily& family, const Selection& selection) {
  std::vector<Axis> axes = family.axes;
  for (Axis& axis : axes) {
    if (selection.extent == Extent::usual) {
      for (const Axis& usual : family.usual) {
        if (usual.name == axis.name) axis.values = usual.values;
      }
    }
    if (const std::string* given = given_values(family, axis.name, selection)) {
      axis.values = parse_axis_values("axis " + axis.name, *given, takes_lists(axis));
    }
  }
  for (Axis& axis : axes) {
    if (axis.name == "model" && !selection.models.empty()) axis.values = selection.models;
  }
  const auto batches = selection.axes.find("batch_size");
  if (family.axis("model") && !family.axis("batch_size") && batches != selection.axes.end()) {
    // Whole models have their own batch unless another is asked for.
    axes.push_back({"batch_size", parse_axis_values("axis batch_size", batches->second, false)});
  }
  return axes;
}

std::vector<Json> product_of(const std::vector<Axis>& axes) {
  size_t count = 1;
  for (const Axis& axis : axes) {
    if (__builtin_mul_overflow(count, axis.values.size(), &count) || count > max_points) {
      throw Error("axes", fmt::format("found more than {} points, expected fewer", max_points));
    }
  }
  std::vector<Json> points;
  points.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Json point = Json::object();
    for (const Axis& axis : axes) point[axis.name] = nullptr;
    size_t rest = i;
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      point[axis->name] = axis->values[rest % axis->values.size()];
      rest /= axis->values.size();
    }
    points.push_back(std::move(point));
  }
  return points;
}

// The quick points with overridden axes: the i-th point takes the i-th of the given values.
std::vector<Json> quick_points(const SweepFamily& family, const std::vector<Axis>& axes,
                               const Selection& selection, bool invent) {
  std::vector<Json> points;
  for (size_t i = 0; i < family.quick.size(); ++i) {
    Json point = Json::object();
    for (const Axis& axis : axes) {
      point[axis.name] = (given_values(family, axis.name, selection) ||
                          (axis.name == "model" && !selection.models.empty()))
                             ? axis.values[i % axis.values.size()]
                             : family.quick[i][axis.name];
    }
    points.push_back(std::move(point));
  }
  if (!points.empty() || !invent) return points;
  constexpr size_t enough = 5;  // the sweep gives none: evenly spaced ones
  const std::vector<Json> all = product_of(axes);
  for (size_t i = 0; i < std::min(enough, all.size()); ++i) {
    points.push_back(
        all[i * (all.size() - 1) / std::max<size_t>(1, std::min(enough, all.size()) - 1)]);
  }
  return points;
}

bool allowed(const SweepFamily& family, const Json& point) {
  return std::all_of(family.constraints.begin(), family.constraints.end(),
                     [&](const std::string& constraint) { return holds(constraint, point); });
}

std::string describe_axes(const SweepFamily& family, const std::vector<Axis>& axes, size_t points) {
  std::string text = family.name.empty() ? "" : family.name + ": ";
  for (size_t i = 0; i < axes.size(); ++i) {
    text += fmt::format("{}{} {}", i ? " x " : "", axes[i].values.size(), axes[i].name);
  }
  return fmt::format("{} = {} per precision, device and thread count", text, points);
}

std::regex filter_of(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw Error("--filter " + text, std::string("not a regular expression: ") + error.what());
  }
}

std::vector<std::string> precisions_of(const Sweep& sweep, const Selection& selection) {
  if (!selection.precisions.empty()) return selection.precisions;
  if (selection.extent == Extent::full) return sweep.precisions;
  return {"fp32"};
}

}  // namespace

std::string Configuration::layout() const {
  const auto at = parameters.find("layout");
  return at == parameters.end() ? "contiguous" : at->get<std::string>();
}

std::string Configuration::key() const {
  return fmt::format("{} batch={} {}{} {} threads={}", graph, batch_size,
                     layout() == "contiguous" ? "" : layout() + " ", precision, device, threads);
}

Configuration configuration_of(const Sweep& sweep, size_t family, const Json& parameters) {
  Configuration one;
  one.sweep = sweep.name;
  one.family = family;
  one.parameters = parameters;
  one.model = fill_in(sweep.families[family].label, parameters);
  one.graph = fill_in(sweep.families[family].graph, parameters);
  if (const auto batch = parameters.find("batch_size"); batch != parameters.end()) {
    decode("batch_size", *batch, one.batch_size);
  }
  return one;
}

Grid expand(const Sweep& sweep, const Selection& selection) {
  std::vector<std::string> known = sweep.axis_names();
  if (std::find(known.begin(), known.end(), "model") != known.end()) known.push_back("batch_size");
  for (const SweepFamily& family : sweep.families) {
    if (family.name.empty()) continue;
    for (const Axis& axis : family.axes) known.push_back(family.name + "." + axis.name);
  }
  for (const auto& [name, values] : selection.axes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw unknown_name("sweep " + sweep.name, "axis", name, known);
    }
  }
  const std::regex filter = filter_of(selection.filter);
  Grid grid;
  std::vector<std::vector<Json>> points;  // by family
  const bool any_quick =
      std::any_of(sweep.families.begin(), sweep.families.end(),
                  [](const SweepFamily& family) { return !family.quick.empty(); });
  for (const SweepFamily& family : sweep.families) {
    const std::vector<Axis> axes = chosen_axes(family, selection);
    const bool quick = selection.extent == Extent::quick;
    points.push_back(quick ? quick_points(family, axes, selection, !any_quick) : product_of(axes));
    if (!quick) grid.axes.push_back(describe_axes(family, axes, points.back().size()));
  }
  std::set<std::string> keys;
  for (const std::string& device : selection.devices) {
    for (const int threads : selection.threads) {
      for (const std::string& precision : precisions_of(sweep, selection)) {
        for (size_t f = 0; f < sweep.families.size(); ++f) {
          const SweepFamily& family = sweep.families[f];
          for (const Json& point : points[f]) {
            if (++grid.points > max_points) {
              throw Error("sweep " + sweep.name,
                          fmt::format("found more than {} points, expected fewer", max_points));
            }
            if (!allowed(family, point)) {
              ++grid.constrained;
              continue;
            }
            Configuration one = configuration_of(sweep, f, point);
            one.precision = precision;
            one.device = device;
            one.threads = threads;
            const std::string key = one.key();
            if (!keys.insert(key).second) {
              ++grid.duplicates;
            } else if (!selection.filter.empty() && !std::regex_search(key, filter)) {
              ++grid.filtered;
            } else {
              grid.configurations.push_back(std::move(one));
            }
          }
        }
      }
    }
  }
  if (grid.configurations.empty()) {
    throw Error(
        "sweep " + sweep.name,
        fmt::format(
            "no configuration is left of {} points ({} against constraints, {} filtered out), "
            "expected at least one",
            grid.points, grid.constrained, grid.filtered));
  }
  return grid;
}

}  // namespace opgauge
