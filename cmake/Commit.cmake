# SPDX-License-Identifier: Apache-2.0
# cmake -D SOURCE=DIR -D OUT=FILE -P Commit.cmake: writes the commit of DIR as OPGAUGE_COMMIT to FILE, if it is another than there.
execute_process(COMMAND git describe --always --dirty --abbrev=10 --exclude=* WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define OPGAUGE_COMMIT \"${commit}\"\n")
