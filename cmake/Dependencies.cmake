# Finds what the enabled folders need and nothing else. Debian 12 and 13 ship CMake packages for Abseil, gRPC, Torch, spdlog, nlohmann-json,
# GoogleTest and Benchmark; protobuf (built with autotools there) has only CMake's own module; the rest come through pkg-config, which also
# spares prometheus-cpp's package its search for civetweb and curl.

find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Boost CONFIG REQUIRED)  # the headers alone: Boost.Math, Boost.Beast
find_package(OpenSSL REQUIRED)

macro(_tremorcast_pkg name module)
  if(NOT TARGET PkgConfig::${name})
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(${name} REQUIRED QUIET IMPORTED_TARGET GLOBAL ${module})
  endif()
endmacro()

# A macro, because the package of a CUDA build calls enable_language(), which wants file scope; what it does to our flags is undone. Its
# imported targets belong to this (the top) directory, so every program that links tremorcast::model sees them.
macro(_tremorcast_find_torch)
  set(_flags "${CMAKE_CXX_FLAGS}")
  find_package(Torch CONFIG REQUIRED)
  set(CMAKE_CXX_FLAGS "${_flags}")
  if("${TORCH_CXX_FLAGS}" MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
    message(FATAL_ERROR "this LibTorch uses the old C++ ABI, which Abseil and the rest do not: take the cxx11-abi build")
  endif()
  message(STATUS "Found Torch ${Torch_VERSION}: ${TORCH_INSTALL_PREFIX}")
  add_library(tremorcast_torch INTERFACE)
  target_link_libraries(tremorcast_torch INTERFACE ${TORCH_LIBRARIES})
  target_include_directories(tremorcast_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  add_library(tremorcast::torch ALIAS tremorcast_torch)
endmacro()

function(_tremorcast_need out)
  set(${out} FALSE PARENT_SCOPE)
  foreach(folder IN LISTS ARGN)
    foreach(enabled IN LISTS TREMORCAST_ENABLED)
      if(enabled STREQUAL folder OR enabled MATCHES "^${folder}/")
        set(${out} TRUE PARENT_SCOPE)
      endif()
    endforeach()
  endforeach()
endfunction()

_tremorcast_need(need_grpc proto bulletin server cli)
if(need_grpc)
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  find_program(TREMORCAST_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)  # Debian's gRPC package exports no target for it
endif()

_tremorcast_need(need_storage storage)
if(need_storage)
  _tremorcast_pkg(libpq libpq)
  _tremorcast_pkg(libpqxx libpqxx)
endif()

_tremorcast_need(need_compression files storage)
if(need_compression)
  _tremorcast_pkg(libzstd libzstd)
endif()
_tremorcast_need(need_files files)
if(need_files)
  _tremorcast_pkg(liblzma liblzma)
  _tremorcast_pkg(zlib zlib)
endif()

_tremorcast_need(need_json formats model bulletin server trainer cli)
if(need_json)
  find_package(nlohmann_json CONFIG REQUIRED)
endif()

_tremorcast_need(need_xml formats)
if(need_xml)
  find_package(pugixml CONFIG REQUIRED)
endif()

_tremorcast_need(need_torch model)
if(need_torch AND TREMORCAST_TORCH)
  _tremorcast_find_torch()
endif()

# Found by name: the CMake package of OpenCV comes with all of its modules (68 Debian packages), and we use one.
_tremorcast_need(need_opencv trainer)
if(need_opencv)
  find_path(TREMORCAST_OPENCV_INCLUDE opencv2/ml.hpp PATH_SUFFIXES opencv4 REQUIRED)
  find_library(TREMORCAST_OPENCV_ML opencv_ml REQUIRED)
  find_library(TREMORCAST_OPENCV_CORE opencv_core REQUIRED)
  add_library(tremorcast_opencv_ml INTERFACE)
  target_include_directories(tremorcast_opencv_ml SYSTEM INTERFACE "${TREMORCAST_OPENCV_INCLUDE}")
  target_link_libraries(tremorcast_opencv_ml INTERFACE "${TREMORCAST_OPENCV_ML}" "${TREMORCAST_OPENCV_CORE}")
  add_library(tremorcast::opencv_ml ALIAS tremorcast_opencv_ml)
endif()

_tremorcast_need(need_telemetry server)
if(need_telemetry)
  _tremorcast_pkg(prometheus prometheus-cpp-core)
endif()

_tremorcast_need(need_log server trainer cli)
if(need_log)
  find_package(spdlog CONFIG REQUIRED)
endif()

_tremorcast_need(need_tests tests)
if(need_tests)
  find_package(GTest REQUIRED)
  if(need_storage OR need_telemetry)
    find_package(benchmark CONFIG REQUIRED)
  endif()
endif()
