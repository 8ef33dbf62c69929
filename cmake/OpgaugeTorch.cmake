# SPDX-License-Identifier: Apache-2.0
# Target `opgauge_libtorch`: headers and libraries of LibTorch. $OPGAUGE_TORCH names the folder of the `torch` package
# (with include/, lib/, share/cmake); without it CMAKE_PREFIX_PATH must lead to Torch.
include_guard()
if(DEFINED ENV{OPGAUGE_TORCH})
  list(APPEND CMAKE_PREFIX_PATH "$ENV{OPGAUGE_TORCH}")
endif()
find_package(Torch REQUIRED)
list(GET TORCH_INCLUDE_DIRS 0 OPGAUGE_TORCH_INCLUDE)
get_filename_component(OPGAUGE_TORCH_LIB "${OPGAUGE_TORCH_INCLUDE}/../lib" REALPATH)
add_library(opgauge_libtorch INTERFACE)
target_include_directories(opgauge_libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(opgauge_libtorch INTERFACE torch torch_cpu c10)
# Without NDEBUG the inline RecordFunction::inputs() asserts on a flag that a release LibTorch never sets.
target_compile_definitions(opgauge_libtorch INTERFACE NDEBUG)
