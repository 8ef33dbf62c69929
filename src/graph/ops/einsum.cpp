// SPDX-License-Identifier: Apache-2.0
// Einstein sums as LibTorch evaluates them: every operand is permuted to one common order of labels
// (output first, then summed), then pairs are contracted from the left (or along `path`), each by
// one batched matrix product.
#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "graph/ops/einsum.hpp"
#include "graph/ops/products.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

constexpr int labels = 52, ellipsis = 52;  // A-Z, a-z in this order

// "bij,bjk->bik" as label numbers.
struct Equation {
  std::vector<std::vector<int>> operands;
  std::vector<int> output;
  bool has_output = false;
};

Equation parse_equation(const Run& run, std::string_view text) {
  Equation equation;
  const auto terms = [&](std::string_view part, std::vector<std::vector<int>>& into) {
    into.emplace_back();
    for (size_t i = 0; i < part.size(); ++i) {
      const char c = part[i];
      if (c == ' ') continue;
      if (c == ',') {
        into.emplace_back();
      } else if (part.substr(i, 3) == "...") {
        if (std::count(into.back().begin(), into.back().end(), ellipsis))
          throw run.error("an operand has two ellipses");
        into.back().push_back(ellipsis);
        i += 2;
      } else if (c >= 'A' && c <= 'Z') {
        into.back().push_back(c - 'A');
      } else if (c >= 'a' && c <= 'z') {
        into.back().push_back(c - 'a' + 26);
      } else {
        throw run.error("found \"" + std::string(1, c) +
                        "\" in the equation, expected letters, \",\", \"...\" or \"->\"");
      }
    }
  };
  const size_t arrow = text.find("->");
  terms(text.substr(0, arrow), equation.operands);
  if (arrow != std::string_view::npos) {
    std::vector<std::vector<int>> right;
    terms(text.substr(arrow + 2), right);
    if (right.size() != 1) throw run.error("the equation has several outputs");
    equation.output = right[0];
    equation.has_output = true;
  }
  return equation;
}

// Where each label stands in the common order.
struct Order {
  std::array<int64_t, labels> place{};
  int64_t ellipsis_first = 0, ellipsis_rank = 0;
  int64_t output_rank = 0, rank = 0;
};

Order common_order(const Run& run, const Equation& equation, const Tensors& operands) {
  Order order;
  order.place.fill(-1);
  std::array<int64_t, labels> count{};
  for (size_t i = 0; i < operands.size(); ++i) {
    int64_t named = 0;
    bool dots = false;
    for (const int label : equation.operands[i]) {
      if (label == ellipsis) {
        dots = true;
      } else {
        ++named;
        ++count[static_cast<size_t>(label)];
      }
    }
    if (named > operands[i].rank() || (!dots && named != operands[i].rank())) {
      throw run.error("operand " + std::to_string(i) + " has rank " +
                      std::to_string(operands[i].rank()) + ", the equation names " +
                      std::to_string(named) + " dimensions");
    }
    if (dots) order.ellipsis_rank = std::max(order.ellipsis_rank, operands[i].rank() - named);
  }
  bool dots_in_output = !equation.has_output;
  if (equation.has_output) {
    for (const int label : equation.output) {
      if (label == ellipsis) {
        dots_in_output = true;
        order.ellipsis_first = order.rank;
        order.rank += order.ellipsis_rank;
        continue;
      }
      int64_t& place = order.place[static_cast<size_t>(label)];
      if (place >= 0) throw run.error("the output names a label twice");
      if (count[static_cast<size_t>(label)] == 0)
        throw run.error("the output names a label that no operand has");
      place = order.rank++;
    }
  } else {  // the ellipsis, then labels that occur once
    order.rank = order.ellipsis_rank;
    for (size_t label = 0; label < labels; ++label) {
      if (count[label] == 1) order.place[label] = order.rank++;
    }
  }
  order.output_rank = order.rank;
  if (!dots_in_output) {
    order.ellipsis_first = order.rank;
    order.rank += order.ellipsis_rank;
  }
  for (size_t label = 0; label < labels; ++label) {
    if (count[label] > 0 && order.place[label] < 0) order.place[label] = order.rank++;
  }
  return order;
}

// The operand's view in the common order; absent labels have size 1, a repeated one takes the
// diagonal.
Tensor aligned(const Run& run, Tensor x, const std::vector<int>& names, const Order& order) {
  Dims from(static_cast<size_t>(order.rank), -1);
  int64_t dim = 0;
  const int64_t named =
      static_cast<int64_t>(names.size()) - std::count(names.begin(), names.end(), ellipsis);
  for (const int label : names) {
    if (label == ellipsis) {
      const int64_t missing = order.ellipsis_rank - (x.rank() - named);
      for (int64_t i = 0; i < missing; ++i) x = run.unsqueeze(x, dim);
      for (int64_t i = 0; i < order.ellipsis_rank; ++i)
        from[static_cast<size_t>(order.ellipsis_first + i)] = dim++;
      continue;
    }
    int64_t& place = from[static_cast<size_t>(order.place[static_cast<size_t>(label)])];
    if (place < 0) {
      place = dim++;
      continue;
    }
    if (x.size(place) != x.size(dim)) throw run.error("a repeated label has two sizes");
    TensorType diagonal = x.type;
    diagonal.strides[static_cast<size_t>(place)] += diagonal.strides[static_cast<size_t>(dim)];
    x = run.view(x, selected(diagonal, dim, 0));
  }
  for (int64_t& place : from) {
    if (place >= 0) continue;
    x = run.unsqueeze(x, -1);
    place = dim++;
  }
  return run.permute(x, from);
}

Tensor sum(Run& run, const Tensor& x, const Dims& dims) {
  Dims sizes = x.type.sizes;
  for (const int64_t dim : dims) sizes[static_cast<size_t>(dim)] = 1;
  const Tensor y = run.empty(x.dtype(), sizes);
  run.read(x);
  run.write(y);
  run.work.other_ops += x.numel();
  return y;
}

// (left * right) summed over `dims`, which stay with size 1.
Tensor contract(Run& run, Tensor left, Tensor right, const Dims& dims) {
  if (dims.empty()) return run.pointwise({left, right}, 1);
  Dims both, left_only, right_only;
  int64_t both_size = 1, left_size = 1, right_size = 1, sum_size = 1;
  for (int64_t dim = 0; dim < left.rank(); ++dim) {
    const bool in_left = left.size(dim) != 1, in_right = right.size(dim) != 1;
    if (in_left && in_right && left.size(dim) != right.size(dim))
      throw run.error("a label has two sizes");
    if (std::count(dims.begin(), dims.end(), dim)) {
      if (in_left && in_right) {
        sum_size *= left.size(dim);
      } else if (in_left) {
        left = sum(run, left, {dim});
      } else if (in_right) {
        right = sum(run, right, {dim});
      }
    } else if (in_left && in_right) {
      both.push_back(dim);
      both_size *= left.size(dim);
    } else if (in_left) {
      left_only.push_back(dim);
      left_size *= left.size(dim);
    } else {
      right_only.push_back(dim);
      right_size *= right.size(dim);
    }
  }
  // The operand whose own dimensions all come first in the output is the left one.
  if (!left_only.empty() && !right_only.empty() && right_only.back() < left_only.front()) {
    std::swap(left, right);
    std::swap(left_only, right_only);
    std::swap(left_size, right_size);
  }
  const auto joined = [](std::initializer_list<const Dims*> parts) {
    Dims all;
    for (const Dims* one : parts) all.insert(all.end(), one->begin(), one->end());
    return all;
  };
  Dims sizes;
  for (const int64_t dim : both) sizes.push_back(left.size(dim));
  for (const int64_t dim : left_only) sizes.push_back(left.size(dim));
  sizes.insert(sizes.end(), dims.size(), 1);
  for (const int64_t dim : right_only) sizes.push_back(right.size(dim));
  const Dims order = joined({&both, &left_only, &dims, &right_only});
  Dims back(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  left = run.reshape(run.permute(left, order), {both_size, left_size, sum_size});
  right = run.reshape(run.permute(right, joined({&both, &dims, &right_only, &left_only})),
                      {both_size, sum_size, right_size});
  return run.permute(run.view_sizes(eager::bmm(run, left, right), sizes), back);
}

Tensors einsum(Run& run) {
  Tensors operands = run.operands("tensors");
  const Equation equation = parse_equation(run, run.call.text("equation"));
  if (operands.empty() || equation.operands.size() != operands.size()) {
    throw run.error("the equation has " + std::to_string(equation.operands.size()) +
                    " operands, found " + std::to_string(operands.size()));
  }
  const Order order = common_order(run, equation, operands);
  if (order.rank > 64) throw run.error("the equation has more than 64 dimensions");
  Dims sharers(static_cast<size_t>(order.rank), 0);  // how many operands have more than 1 along it
  for (size_t i = 0; i < operands.size(); ++i) {
    operands[i] = aligned(run, operands[i], equation.operands[i], order);
    for (int64_t dim = 0; dim < order.rank; ++dim)
      sharers[static_cast<size_t>(dim)] += operands[i].size(dim) != 1;
  }
  const Dims path = run.call.ints("path");
  const size_t wanted = operands.size() == 1 ? 1 : 2 * (operands.size() - 1);
  if (run.call.has("path") && path.size() != wanted)
    throw run.error("path does not have one pair for each contraction");
  const size_t count = operands.size();
  for (size_t step = 0; operands.size() > 1; ++step) {
    int64_t i = 0, j = 1;
    if (!path.empty()) {
      i = std::min(path[2 * step], path[2 * step + 1]);
      j = std::max(path[2 * step], path[2 * step + 1]);
    }
    if (i < 0 || i == j || j >= static_cast<int64_t>(operands.size()))
      throw run.error("path leaves the operands");
    Tensor a = operands[static_cast<size_t>(i)], b = operands[static_cast<size_t>(j)];
    operands.erase(operands.begin() + j);
    operands.erase(operands.begin() + i);
    Dims summed, only_a, only_b;
    for (int64_t dim = order.output_rank; dim < order.rank; ++dim) {
      int64_t& left = sharers[static_cast<size_t>(dim)];
      if (a.size(dim) != 1 && b.size(dim) != 1) {
        if (--left == 1) {
          summed.push_back(dim);
          left = 0;
        }
      } else if (left == 1 && (a.size(dim) != 1 || b.size(dim) != 1)) {
        (a.size(dim) != 1 ? only_a : only_b).push_back(dim);
        left = 0;
      }
    }
    if (!only_a.empty()) a = sum(run, a, only_a);
    if (!only_b.empty()) b = sum(run, b, only_b);
    const Tensor result = contract(run, std::move(a), std::move(b), summed);
    operands.insert(path.empty() ? operands.begin() : operands.end(), result);
  }
  Tensor y = operands[0];
  operands.clear();
  if (order.rank == order.output_rank) return {y};
  if (count == 1) {
    Dims dims(static_cast<size_t>(order.rank - order.output_rank));
    std::iota(dims.begin(), dims.end(), order.output_rank);
    y = sum(run, y, dims);
  }
  return {run.view_sizes(y, Dims(y.type.sizes.begin(), y.type.sizes.begin() + order.output_rank))};
}

}  // namespace

EinsumSteps einsum_steps(const Call& call) {
  Run run(call);
  einsum(run);
  const Run::Product& most = run.largest_product;
  return {most.count, most.m, most.n, most.k, run.copied_elements, run.gathered_elements};
}

namespace {

const OpRow rows[] = {
    eager::row<einsum>(
        "aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
        OpFamily::matmul),
};

}  // namespace

std::span<const OpRow> einsum_rows() { return rows; }

}  // namespace opgauge
