// SPDX-License-Identifier: Apache-2.0
// Ops whose result has a size that only the values of an operand tell. They have rows so that the
// error says so.
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

std::vector<Result> infer_unsized(const Call& call) {
  throw call.error(
      "the size of the result depends on the values of an operand, expected an op whose sizes are "
      "known beforehand");
}
Work work_unsized(const Call& call) {
  throw call.error("the work depends on the values of an operand");
}
constexpr OpRow unsized(std::string_view schema) {
  return {schema, OpFamily::indexing, infer_unsized, work_unsized};
}

const OpRow rows[] = {
    unsized("aten::nonzero(Tensor self) -> Tensor"),
    unsized("aten::masked_select(Tensor self, Tensor mask) -> Tensor"),
    unsized("aten::where(Tensor condition) -> Tensor[]"),
    unsized("aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool "
            "return_counts=False) -> (Tensor, Tensor, Tensor)"),
    unsized("aten::unique_consecutive(Tensor self, bool return_inverse=False, bool "
            "return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)"),
    unsized("aten::bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor"),
};

}  // namespace

std::span<const OpRow> unsized_rows() { return rows; }

}  // namespace opgauge
