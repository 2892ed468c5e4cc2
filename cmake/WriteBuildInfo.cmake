# Run with cmake -P at every build: SOURCE_DIR, VERSION, OUTPUT. Rewrites OUTPUT only if its content changes.
set(revision "unknown")
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C "${SOURCE_DIR}" rev-parse --verify HEAD
                  OUTPUT_VARIABLE head ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND ${GIT} -C "${SOURCE_DIR}" rev-parse --show-toplevel
                  OUTPUT_VARIABLE top ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  get_filename_component(source "${SOURCE_DIR}" REALPATH)
  if(NOT failed AND top STREQUAL source)  # not some other repository that this tree was unpacked into
    set(revision "${head}")
    execute_process(COMMAND ${GIT} -C "${SOURCE_DIR}" --no-optional-locks diff-index --quiet HEAD --
                    ERROR_QUIET RESULT_VARIABLE changed)
    if(changed)
      string(APPEND revision "-dirty")
    endif()
  endif()
endif()
set(content "#include \"tremorcast/build_info.h\"\n
namespace tremorcast {\n
const char* BuildVersion() { return \"${VERSION}\"; }\n
const char* BuildRevision() { return \"${revision}\"; }\n
}  // namespace tremorcast\n")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT "${content}" STREQUAL "${old}")
  file(WRITE "${OUTPUT}" "${content}")
endif()
