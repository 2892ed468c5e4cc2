# Helpers for the CMakeLists.txt of each folder. Sources are listed by hand, relative to that folder.
#
#   tremorcast_library(core SOURCES clock.cc time_grid.cc
#                      DEPS absl::status absl::time          # what our headers show: PUBLIC
#                      PRIVATE_DEPS OpenSSL::Crypto)         # what only our .cc files use
#       static library tremorcast_core, alias tremorcast::core; #include paths start at the repository root.
#
#   tremorcast_executable(tremorcast-server SOURCES main.cc DEPS tremorcast::rpc tremorcast::storage)
#       a program in <build>/bin, with its debug symbols left in.
#
#   tremorcast_proto_library(proto PROTOS tremorcast/v1/ingest.proto ... )
#       static library tremorcast_proto from protoc and the gRPC plug-in. PROTOS are relative to the calling folder, which is
#       the import root; generated headers are included as "tremorcast/v1/ingest.pb.h" and ".../ingest.grpc.pb.h".
#
#   tremorcast_test(time_grid_test SOURCES time_grid_test.cc DEPS tremorcast::core LABELS unit
#                   [PRECOMPILE fixture.h] [PROGRAMS tremorcast-server ...] [SERIAL] [TIMEOUT 600] [LOCKS name ...] [ARGS ...] [ENVIRONMENT A=b ...] [NO_MAIN])
#       a GoogleTest program (gmock and its main are linked, unless NO_MAIN), one ctest entry of that name. Its cases are counted one by one
#       by tests/run. PRECOMPILE: the header that all its files begin with, in place of the common ones. PROGRAMS: what it starts; built with it. SERIAL: runs alone (heavy). LOCKS: never beside a test holding the same lock. Compile definitions:
#       TREMORCAST_SOURCE_DIR, TREMORCAST_BINARY_DIR (the programs are in TREMORCAST_BINARY_DIR "/bin").
#       A test whose DEPS or PROGRAMS name a tremorcast target that this build leaves out is left out too.
#
#   tremorcast_script_test(quickstart_e2e COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/quickstart.sh LABELS e2e
#                          [DEPS tremorcast-server ...] [SERIAL] [TIMEOUT 600] [LOCKS ...] [ENVIRONMENT ...])
#       a ctest entry that is any other program: exit 0 passed, 77 skipped, else failed. It counts as one case.
#       In its environment: TREMORCAST_SOURCE_DIR, TREMORCAST_BINARY_DIR.
#
#   tremorcast_test_library(fakes SOURCES ... DEPS ...)       # like tremorcast_library, for fakes and test support
#
#   tremorcast_precompile_torch(tremorcast_model)             # precompiled <torch/torch.h>, which ccache can still cache
#
# LABELS: unit | integration | e2e | gpu | bench | fuzz | soak (minutes to hours; left out unless asked for: tests/run --label soak).
# Third-party targets: absl::*, Boost::headers, OpenSSL::SSL, OpenSSL::Crypto, Threads::Threads, protobuf::libprotobuf, gRPC::grpc++,
# gRPC::grpc++_reflection, PkgConfig::libpq, PkgConfig::libpqxx, PkgConfig::libzstd, PkgConfig::liblzma, PkgConfig::zlib,
# PkgConfig::prometheus (prometheus-cpp core), spdlog::spdlog, nlohmann_json::nlohmann_json, pugixml::pugixml,
# tremorcast::torch (link it PRIVATE), GTest::gmock, benchmark::benchmark.

# ---- which folders are built -------------------------------------------------------------------------------------------------

set(TREMORCAST_ENABLED "")
foreach(folder IN LISTS TREMORCAST_ONLY)
  if(NOT folder IN_LIST TREMORCAST_FOLDERS)
    message(FATAL_ERROR "TREMORCAST_ONLY names '${folder}'; the folders are: ${TREMORCAST_FOLDERS}")
  endif()
endforeach()
set(wanted_folders ${TREMORCAST_ONLY})
# These need nothing that their users do not, so nobody has to name them.
if("cli" IN_LIST TREMORCAST_ONLY OR "trainer" IN_LIST TREMORCAST_ONLY)
  list(APPEND wanted_folders files page)
endif()
if("trainer" IN_LIST TREMORCAST_ONLY)
  list(APPEND wanted_folders storage)
endif()
if("cli" IN_LIST TREMORCAST_ONLY OR "server" IN_LIST TREMORCAST_ONLY)
  list(APPEND wanted_folders page bulletin)
endif()
if("cli" IN_LIST TREMORCAST_ONLY)
  list(APPEND wanted_folders formats)
endif()
if("cli" IN_LIST TREMORCAST_ONLY OR "server" IN_LIST TREMORCAST_ONLY OR "trainer" IN_LIST TREMORCAST_ONLY)
  list(APPEND wanted_folders command_line)
endif()
foreach(folder IN LISTS TREMORCAST_FOLDERS)
  if(folder IN_LIST wanted_folders)
    if(EXISTS "${CMAKE_SOURCE_DIR}/${folder}/CMakeLists.txt")
      list(APPEND TREMORCAST_ENABLED ${folder})
    elseif(folder STREQUAL "server")
      # server/ is four libraries and a program; the libraries can be built without the program's CMakeLists.txt.
      foreach(part telemetry pipeline jobs rpc)
        if(EXISTS "${CMAKE_SOURCE_DIR}/server/${part}/CMakeLists.txt")
          list(APPEND TREMORCAST_ENABLED server/${part})
        endif()
      endforeach()
    endif()
  endif()
endforeach()

# ---- flags of our own code ---------------------------------------------------------------------------------------------------

if(TREMORCAST_SANITIZE)
  add_compile_options(-fsanitize=${TREMORCAST_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  string(REPLACE ",fuzzer-no-link" "" link "${TREMORCAST_SANITIZE}")
  add_link_options(-fsanitize=${link})
endif()
if(TREMORCAST_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# A system whose ccache is on the path uses it; with a launcher given by the caller, that one stays.
find_program(TREMORCAST_CCACHE ccache)
mark_as_advanced(TREMORCAST_CCACHE)
if(TREMORCAST_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TREMORCAST_CCACHE}")
endif()

function(_tremorcast_flags target)
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE -Wthread-safety)
  endif()
  if(TREMORCAST_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# ---- libraries and programs --------------------------------------------------------------------------------------------------

function(tremorcast_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tremorcast_library(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(ARG_SOURCES)
    add_library(tremorcast_${name} STATIC ${ARG_SOURCES})
    _tremorcast_flags(tremorcast_${name})
    target_link_libraries(tremorcast_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  else()
    add_library(tremorcast_${name} INTERFACE)
    target_include_directories(tremorcast_${name} INTERFACE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(tremorcast_${name} INTERFACE ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  endif()
  add_library(tremorcast::${name} ALIAS tremorcast_${name})
endfunction()

function(tremorcast_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPS")
  add_executable(${name} ${ARG_SOURCES})
  _tremorcast_flags(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

function(tremorcast_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "PROTOS;DEPS")
  set(out "${CMAKE_CURRENT_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${out}")
  set(sources "")
  foreach(proto IN LISTS ARG_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem "${proto}")
    set(files "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h" "${out}/${stem}.grpc.pb.cc" "${out}/${stem}.grpc.pb.h")
    set(inputs "")
    foreach(input IN LISTS ARG_PROTOS)  # any file may import any other
      list(APPEND inputs "${CMAKE_CURRENT_SOURCE_DIR}/${input}")
    endforeach()
    add_custom_command(
      OUTPUT ${files}
      COMMAND protobuf::protoc "-I${CMAKE_CURRENT_SOURCE_DIR}" "--cpp_out=${out}" "--grpc_out=${out}"
              "--plugin=protoc-gen-grpc=${TREMORCAST_GRPC_PLUGIN}" "${CMAKE_CURRENT_SOURCE_DIR}/${proto}"
      DEPENDS ${inputs}
      COMMENT "Generating ${proto}"
      VERBATIM)
    list(APPEND sources ${files})
  endforeach()
  add_library(tremorcast_${name} STATIC ${sources})
  target_include_directories(tremorcast_${name} SYSTEM PUBLIC "${out}")
  target_link_libraries(tremorcast_${name} PUBLIC protobuf::libprotobuf gRPC::grpc++ ${ARG_DEPS})
  add_library(tremorcast::${name} ALIAS tremorcast_${name})
endfunction()

# ccache can keep what is compiled with a precompiled header only when told that its macros and times do not matter.
function(_tremorcast_cacheable target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
  get_target_property(launcher ${target} CXX_COMPILER_LAUNCHER)
  if(launcher MATCHES "ccache")
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${launcher}")
  endif()
endfunction()

function(tremorcast_precompile_torch target)
  target_precompile_headers(${target} PRIVATE <torch/torch.h>)
  _tremorcast_cacheable(${target})
endfunction()

# ---- tests -------------------------------------------------------------------------------------------------------------------

# Sets ${out} to the tremorcast targets among DEPS that are not built; an unknown name in a full build is an error.
function(_tremorcast_missing out)
  set(missing "")
  foreach(dep IN LISTS ARGN)
    if(dep MATCHES "^tremorcast" AND NOT TARGET ${dep})
      list(APPEND missing ${dep})
    endif()
  endforeach()
  set(complete ${TREMORCAST_TORCH})
  foreach(folder IN LISTS TREMORCAST_FOLDERS)
    if(NOT folder IN_LIST TREMORCAST_ENABLED)
      set(complete FALSE)
    endif()
  endforeach()
  if(missing AND complete)
    message(FATAL_ERROR "unknown targets: ${missing}")
  endif()
  set(${out} "${missing}" PARENT_SCOPE)
endfunction()

# What tests/run needs to count: the kind and name of each entry.
function(_tremorcast_register kind name)
  foreach(label IN LISTS ARG_LABELS)
    if(NOT label MATCHES "^(unit|integration|e2e|gpu|bench|fuzz|soak)$")
      message(FATAL_ERROR "test ${name}: unknown label ${label}")
    endif()
  endforeach()
  if(NOT ARG_LABELS)
    message(FATAL_ERROR "test ${name}: LABELS is missing")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
  if(ARG_LOCKS)
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK "${ARG_LOCKS}")
  endif()
  file(APPEND "${CMAKE_BINARY_DIR}/test-entries.txt" "${kind} ${name}\n")
endfunction()
file(WRITE "${CMAKE_BINARY_DIR}/test-entries.txt" "")

# Reading GoogleTest and Abseil is more than half of compiling a small test: done once, for all of them.
function(_tremorcast_precompile_test name)
  if("tremorcast::torch" IN_LIST ARG_DEPS)
    return()  # it defines macros that the headers below read
  endif()
  if(ARG_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${ARG_PRECOMPILE})
  else()
    if(NOT TARGET tremorcast_test_headers)
      # A program like those that use it: a precompiled header serves only the same flags. One that some libraries bring is given to all.
      file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/test_headers.cc" CONTENT "int main() {}\n")
      add_executable(tremorcast_test_headers EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/test_headers.cc")
      _tremorcast_flags(tremorcast_test_headers)
      target_compile_options(tremorcast_test_headers PRIVATE -pthread)
      target_link_libraries(tremorcast_test_headers PRIVATE GTest::gmock Threads::Threads absl::statusor absl::strings absl::time)
      target_precompile_headers(tremorcast_test_headers PRIVATE
        <gmock/gmock.h> <gtest/gtest.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/clock.h> <absl/time/time.h>
        <algorithm> <functional> <map> <memory> <optional> <string> <thread> <vector>)
      _tremorcast_cacheable(tremorcast_test_headers)
    endif()
    target_compile_options(${name} PRIVATE -pthread)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Through a precompiled header GCC 12 forgets which lines are its own library's, and warns of them, wrongly.
      target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-restrict)
    endif()
    target_precompile_headers(${name} REUSE_FROM tremorcast_test_headers)
  endif()
  _tremorcast_cacheable(${name})
  get_target_property(launcher ${name} CXX_COMPILER_LAUNCHER)
  if(ARG_PRECOMPILE AND launcher)
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "${CMAKE_SOURCE_DIR}/cmake/without-cached-header;${launcher};--")
  endif()
endfunction()

function(tremorcast_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "SERIAL;NO_MAIN" "TIMEOUT" "SOURCES;PRECOMPILE;DEPS;PROGRAMS;LABELS;LOCKS;ARGS;ENVIRONMENT")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tremorcast_test(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  _tremorcast_missing(missing ${ARG_DEPS} ${ARG_PROGRAMS})
  if(missing)
    message(STATUS "Test ${name} left out: no ${missing}")
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  if(ARG_PROGRAMS)
    add_dependencies(${name} ${ARG_PROGRAMS})
  endif()
  _tremorcast_flags(${name})
  target_compile_definitions(${name} PRIVATE TREMORCAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             TREMORCAST_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock Threads::Threads)
  if(NOT ARG_NO_MAIN)
    target_link_libraries(${name} PRIVATE GTest::gmock_main)
  endif()
  if(TARGET tremorcast_tsan)
    target_link_libraries(${name} PRIVATE tremorcast_tsan)
  endif()
  _tremorcast_precompile_test(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/bin")
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  _tremorcast_register(gtest ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT
    "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/test-results/${name}.xml;${ARG_ENVIRONMENT}")
endfunction()

function(tremorcast_script_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "SERIAL" "TIMEOUT" "COMMAND;DEPS;LABELS;LOCKS;ENVIRONMENT")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tremorcast_script_test(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  _tremorcast_missing(missing ${ARG_DEPS})
  if(missing)
    message(STATUS "Test ${name} left out: no ${missing}")
    return()
  endif()
  add_test(NAME ${name} COMMAND ${ARG_COMMAND})
  _tremorcast_register(script ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT
    "TREMORCAST_SOURCE_DIR=${CMAKE_SOURCE_DIR};TREMORCAST_BINARY_DIR=${CMAKE_BINARY_DIR};${ARG_ENVIRONMENT}")
endfunction()

function(tremorcast_test_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS")
  _tremorcast_missing(missing ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  if(missing)
    message(STATUS "Test library ${name} left out: no ${missing}")
    return()
  endif()
  tremorcast_library(${ARGV})
endfunction()
