# SPDX-License-Identifier: Apache-2.0
# One folder under src/ is one static library, and may link only the layers below it.
#
#   opgauge_layer(estimate BELOW machine models LIBRARIES Eigen3::Eigen)
#
# collects src/estimate/*.cpp (and one level of sub-folders named in FOLDERS) into `opgauge_estimate`.
include_guard()

add_library(opgauge_flags INTERFACE)
target_include_directories(opgauge_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(opgauge_flags INTERFACE -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports impossible overlaps inside std::string when it optimises (GCC bug 105651).
  target_compile_options(opgauge_flags INTERFACE -Wno-restrict -Wno-missing-field-initializers)
endif()
if(OPGAUGE_SANITIZE)
  target_compile_options(opgauge_flags INTERFACE -Werror)
  target_compile_options(opgauge_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(opgauge_flags INTERFACE -fsanitize=address,undefined)
endif()
if(OPGAUGE_FUZZ)
  target_compile_options(opgauge_flags INTERFACE -fsanitize=fuzzer-no-link -Wno-error)
endif()

function(opgauge_layer name)
  cmake_parse_arguments(ARG "" "" "BELOW;LIBRARIES;FOLDERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  foreach(folder ${ARG_FOLDERS})
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/${folder}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  list(TRANSFORM ARG_BELOW PREPEND opgauge_)
  if(sources)
    add_library(opgauge_${name} STATIC ${sources})
    target_link_libraries(opgauge_${name} PUBLIC opgauge_flags ${ARG_BELOW} ${ARG_LIBRARIES})
  else()
    add_library(opgauge_${name} INTERFACE)
    target_link_libraries(opgauge_${name} INTERFACE opgauge_flags ${ARG_BELOW} ${ARG_LIBRARIES})
  endif()
endfunction()

# One test program per layer: tests/<name>/*_test.cpp, every case a ctest entry `Suite.Case`.
function(opgauge_tests name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE opgauge_${name} ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(test_${name} PRIVATE OPGAUGE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" OPGAUGE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  gtest_discover_tests(test_${name} DISCOVERY_TIMEOUT 60)
endfunction()
