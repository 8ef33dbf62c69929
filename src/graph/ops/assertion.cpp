// SPDX-License-Identifier: Apache-2.0
// Checks that exported graphs carry; they cost nothing and give nothing.
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

std::vector<Result> infer_nothing(const Call&) { return {}; }
Work no_work(const Call&) { return {}; }
constexpr OpRow check(std::string_view schema) {
  return {schema, OpFamily::none, infer_nothing, no_work};
}

const OpRow rows[] = {
    check("aten::_assert_tensor_metadata(Tensor a, SymInt[]? size=None, SymInt[]? stride=None, "
          "ScalarType? dtype=None, *, Device? device=None, Layout? layout=None) -> ()"),
    check("aten::_assert_async(Tensor self) -> ()"),
    check("aten::_assert_async.msg(Tensor self, str assert_msg) -> ()"),
    check("aten::_assert_scalar(Scalar self, str assert_msg) -> ()"),
    check("aten::sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()"),
    check("aten::sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()"),
};

}  // namespace

std::span<const OpRow> assertion_rows() { return rows; }

}  // namespace opgauge
