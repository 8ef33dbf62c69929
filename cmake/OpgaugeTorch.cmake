# SPDX-License-Identifier: Apache-2.0
# Target `opgauge_libtorch`: headers and libraries of LibTorch 2.11 or later, and OPGAUGE_TORCH_LIB, their folder.
# Looked for in -DOPGAUGE_TORCH=DIR, $OPGAUGE_TORCH, the active virtual environment, <source>/.venv, in this order; DIR is
# a `torch` Python package or a libtorch folder. Found by hand, not by find_package(Torch): that one asks for the CUDA
# toolkit when the build is a CUDA build, and nothing here compiles CUDA.
include_guard()

set(OPGAUGE_TORCH "$ENV{OPGAUGE_TORCH}" CACHE PATH "LibTorch: a torch Python package or a libtorch folder")
set(candidates ${OPGAUGE_TORCH} $ENV{OPGAUGE_TORCH})
if(NOT candidates)
  file(GLOB candidates $ENV{VIRTUAL_ENV}/lib/python3*/site-packages/torch)
  file(GLOB own ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  list(APPEND candidates ${own})
endif()
set(OPGAUGE_TORCH_ROOT)
foreach(candidate ${candidates})
  if(EXISTS ${candidate}/include/ATen/core/dispatch/Dispatcher.h AND NOT OPGAUGE_TORCH_ROOT)
    get_filename_component(OPGAUGE_TORCH_ROOT ${candidate} REALPATH)
  endif()
endforeach()
if(NOT OPGAUGE_TORCH_ROOT)
  message(FATAL_ERROR "no LibTorch with headers found in \"${candidates}\": set OPGAUGE_TORCH to a torch package or libtorch "
                      "folder (2.11 or later), or configure with -DOPGAUGE_WITH_TORCH=OFF")
endif()

set(version_text)
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT version_text AND EXISTS ${OPGAUGE_TORCH_ROOT}/include/${header})
    file(STRINGS ${OPGAUGE_TORCH_ROOT}/include/${header} version_text REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  endif()
endforeach()
string(REGEX MATCHALL "[0-9]+" version_parts "${version_text}")
list(JOIN version_parts . OPGAUGE_TORCH_VERSION)
if(NOT OPGAUGE_TORCH_VERSION VERSION_GREATER_EQUAL 2.11)
  message(FATAL_ERROR "${OPGAUGE_TORCH_ROOT} is LibTorch \"${OPGAUGE_TORCH_VERSION}\", expected 2.11 or later")
endif()
set(OPGAUGE_TORCH_LIB ${OPGAUGE_TORCH_ROOT}/lib)
message(STATUS "LibTorch ${OPGAUGE_TORCH_VERSION} in ${OPGAUGE_TORCH_ROOT}")

add_library(opgauge_libtorch INTERFACE)
target_include_directories(opgauge_libtorch SYSTEM INTERFACE
  ${OPGAUGE_TORCH_ROOT}/include ${OPGAUGE_TORCH_ROOT}/include/torch/csrc/api/include)
target_link_directories(opgauge_libtorch INTERFACE ${OPGAUGE_TORCH_LIB})
target_link_libraries(opgauge_libtorch INTERFACE torch_cpu c10)
if(EXISTS ${OPGAUGE_TORCH_LIB}/libtorch_cuda.so)
  # Nothing names a symbol of it: without this the linker drops it, and no CUDA kernel would ever be registered.
  target_link_libraries(opgauge_libtorch INTERFACE
    -Wl,--push-state,--no-as-needed torch_cuda c10_cuda -Wl,--pop-state)
endif()
# Without NDEBUG, inline code of LibTorch's headers asserts on what a release build of it never sets, and some classes
# have other members.
target_compile_definitions(opgauge_libtorch INTERFACE NDEBUG)
