// SPDX-License-Identifier: Apache-2.0
#include "estimate/residual_coordinate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace opgauge {
namespace {

double octaves(double value) { return std::log2(std::max(1.0, value)); }
double octaves(int64_t value) { return octaves(static_cast<double>(value)); }
// Octaves by which padding to a multiple of `tile` enlarges `size`: 0 for a multiple.
double padding(int64_t size, int64_t tile) {
  const int64_t at_least = std::max<int64_t>(1, size);
  return octaves(static_cast<double>((at_least + tile - 1) / tile * tile) / static_cast<double>(at_least));
}
// Octaves of the largest power of two up to 16 that divides `size`.
double alignment(int64_t size) { return octaves(std::gcd(std::max<int64_t>(1, size), int64_t{16})); }
double share(double part, double whole) { return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0; }

enum : unsigned { of_products = 1, of_convolutions = 2, of_others = 4, of_all = 7 };

struct Row {
  unsigned families;
  ResidualCoordinate coordinate;
};
const Row rows[] = {
    {of_products, {"m", true, "rows of the result", [](const CaseFacts& f) { return octaves(f.m); }}},
    {of_products, {"n", true, "columns of the result", [](const CaseFacts& f) { return octaves(f.n); }}},
    {of_products, {"k", true, "inner size", [](const CaseFacts& f) { return octaves(f.k); }}},
    {of_products, {"products", true, "independent products", [](const CaseFacts& f) { return octaves(f.products); }}},
    {of_products, {"work", false, "products x m x n x k: where small problems take another way", [](const CaseFacts& f) { return octaves(f.flops); }}},
    {of_products, {"operand_bytes", false, "all operands and results: where a cache ends", [](const CaseFacts& f) { return octaves(f.input_bytes + f.weight_bytes + f.output_bytes); }}},
    {of_products, {"tiles", false, "tiles of 128 x 128 of all products: where a wave of them is full", [](const CaseFacts& f) { return octaves(f.products * ((f.m + 127) / 128) * ((f.n + 127) / 128)); }}},
    {of_products, {"m_padding_32", false, "padding of m to 32", [](const CaseFacts& f) { return padding(f.m, 32); }}},
    {of_products, {"n_padding_32", false, "padding of n to 32", [](const CaseFacts& f) { return padding(f.n, 32); }}},
    {of_products, {"m_padding_64", false, "padding of m to 64", [](const CaseFacts& f) { return padding(f.m, 64); }}},
    {of_products, {"n_padding_64", false, "padding of n to 64", [](const CaseFacts& f) { return padding(f.n, 64); }}},
    {of_products, {"m_padding_128", false, "padding of m to 128", [](const CaseFacts& f) { return padding(f.m, 128); }}},
    {of_products, {"n_padding_128", false, "padding of n to 128", [](const CaseFacts& f) { return padding(f.n, 128); }}},
    {of_products, {"n_alignment", false, "power of two in n, up to 16", [](const CaseFacts& f) { return alignment(f.n); }}},
    {of_products, {"k_alignment", false, "power of two in k, up to 16", [](const CaseFacts& f) { return alignment(f.k); }}},

    {of_convolutions, {"images", true, "batch", [](const CaseFacts& f) { return octaves(f.batch); }}},
    {of_convolutions, {"pixels", true, "output pixels of an image", [](const CaseFacts& f) { return octaves(f.out_h * f.out_w); }}},
    {of_convolutions, {"channels_in", true, "input channels of a group", [](const CaseFacts& f) { return octaves(f.channels / std::max<int64_t>(1, f.groups)); }}},
    {of_convolutions, {"channels_out", true, "output channels of a group", [](const CaseFacts& f) { return octaves(f.out_channels / std::max<int64_t>(1, f.groups)); }}},
    {of_convolutions, {"groups", true, "groups", [](const CaseFacts& f) { return octaves(f.groups); }}},
    {of_convolutions, {"window", true, "kernel height x width", [](const CaseFacts& f) { return octaves(f.kernel_h * f.kernel_w); }}},
    {of_convolutions, {"width_padding_16", false, "padding of the output width to 16", [](const CaseFacts& f) { return padding(f.out_w, 16); }}},
    {of_convolutions, {"channels_out_padding_16", false, "padding of the output channels to 16", [](const CaseFacts& f) { return padding(f.out_channels, 16); }}},

    {of_others, {"input_bytes", true, "activations read", [](const CaseFacts& f) { return octaves(f.input_bytes); }}},
    {of_others, {"output_bytes", true, "results written", [](const CaseFacts& f) { return octaves(f.output_bytes); }}},
    {of_others, {"rows", true, "independent rows", [](const CaseFacts& f) { return octaves(f.rows); }}},
    {of_others, {"row_length", true, "elements of a row", [](const CaseFacts& f) { return octaves(f.row_length); }}},
    {of_others, {"runs", true, "contiguous runs", [](const CaseFacts& f) { return octaves(f.runs); }}},

    {of_all, {"cold_inputs", false, "share of the activations that is beyond L2", [](const CaseFacts& f) { return 2 * share(f.cold_input_bytes, f.input_bytes); }}},
    {of_all, {"cold_code", false, "how cold the kernel's code is", [](const CaseFacts& f) { return 2 * f.cold_code; }}},
};

}  // namespace

const ResidualCoordinate* find_residual_coordinate(std::string_view name) {
  for (const Row& row : rows) {
    if (row.coordinate.name == name) return &row.coordinate;
  }
  return nullptr;
}

std::vector<const ResidualCoordinate*> residual_coordinates(OpFamily family) {
  const unsigned wanted = family == OpFamily::matmul || family == OpFamily::attention ? of_products
                          : family == OpFamily::convolution                           ? of_convolutions
                                                                                      : of_others;
  std::vector<const ResidualCoordinate*> chosen;
  for (const Row& row : rows) {
    if (row.families & wanted) chosen.push_back(&row.coordinate);
  }
  return chosen;
}

}  // namespace opgauge
