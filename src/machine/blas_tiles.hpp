// SPDX-License-Identifier: Apache-2.0
// How the BLAS cuts a product into pieces. MKL chooses kernels by the vendor of the processor; which ones run is found from the
// calibration (calibrate/blas_tiles.hpp). docs/model.md has the measurements.
#pragma once

#include <cstdint>

#include "base/names.hpp"

namespace opgauge {

enum class BlasTiles : uint8_t {
  strips,   // tiles of 16 columns by 4 rows; what is left is taken in strips of 8, 4, 2 and 1, each nearly as long as a tile
  vectors,  // whole vectors of 16 columns by any number of rows; fewer than 16 rows are taken three at a time
};

template <>
inline constexpr auto enum_names<BlasTiles> =
    std::to_array<EnumName<BlasTiles>>({{BlasTiles::strips, "strips"}, {BlasTiles::vectors, "vectors"}});

}  // namespace opgauge
