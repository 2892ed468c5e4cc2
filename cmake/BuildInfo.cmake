# tremorcast::build_info: #include "tremorcast/build_info.h" for the version and the git revision. The revision is asked for at every
# build, not at configure time: a checkpoint's manifest records it, and a stale one would be a lie. Only one small file is recompiled.

set(info_dir "${CMAKE_BINARY_DIR}/build_info")
configure_file("${CMAKE_SOURCE_DIR}/cmake/build_info.h.in" "${info_dir}/tremorcast/build_info.h" @ONLY)
set(info_arguments "-DSOURCE_DIR=${CMAKE_SOURCE_DIR}" "-DVERSION=${PROJECT_VERSION}" "-DOUTPUT=${info_dir}/build_info.cc")
add_custom_target(tremorcast_revision
  COMMAND ${CMAKE_COMMAND} ${info_arguments} -P "${CMAKE_SOURCE_DIR}/cmake/WriteBuildInfo.cmake"
  BYPRODUCTS "${info_dir}/build_info.cc"
  COMMENT "")
add_library(tremorcast_build_info STATIC "${info_dir}/build_info.cc")
_tremorcast_flags(tremorcast_build_info)
target_include_directories(tremorcast_build_info SYSTEM PUBLIC "${info_dir}")
add_dependencies(tremorcast_build_info tremorcast_revision)
add_library(tremorcast::build_info ALIAS tremorcast_build_info)
