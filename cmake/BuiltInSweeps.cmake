# SPDX-License-Identifier: Apache-2.0
# Writes the texts of data/sweeps/*.json into one generated source, so that the program needs no files beside it.
function(opgauge_built_in_sweeps target)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/sweeps/*.json)
  set(rows "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND rows "      {\"${name}\", R\"sweep(${text})sweep\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/built_in_sweeps.cpp)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT "// Generated from data/sweeps.
#include \"sweep/sweeps.hpp\"

namespace opgauge {

const std::vector<BuiltInSweep>& built_in_sweeps() {
  static const std::vector<BuiltInSweep> sweeps = {
@rows@  };
  return sweeps;
}

}  // namespace opgauge
")
  target_sources(${target} PRIVATE ${generated})
endfunction()
