# cmake --install BUILD --prefix DIR [--strip]: the programs and their completion, what deploys and watches them, and the documents. What this build
# leaves out is not installed. The component `programs` is what an image needs.

include(GNUInstallDirs)

foreach(program tremorcast-server tremorcast-trainer tremorcast)
  if(TARGET ${program})
    # A LibTorch outside the system's folders is found where it was linked.
    set_target_properties(${program} PROPERTIES INSTALL_RPATH_USE_LINK_PATH TRUE)
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs)
  endif()
endforeach()

if(TARGET tremorcast AND NOT CMAKE_CROSSCOMPILING AND NOT TREMORCAST_SANITIZE)
  set(completion "${CMAKE_BINARY_DIR}/completion")
  file(MAKE_DIRECTORY "${completion}")
  add_custom_command(
    OUTPUT "${completion}/tremorcast" "${completion}/_tremorcast"
    COMMAND tremorcast completion bash > "${completion}/tremorcast"
    COMMAND tremorcast completion zsh > "${completion}/_tremorcast"
    DEPENDS tremorcast
    COMMENT "Completion for bash and zsh")
  add_custom_target(tremorcast_completion ALL DEPENDS "${completion}/tremorcast" "${completion}/_tremorcast")
  install(FILES "${completion}/tremorcast" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT programs)
  install(FILES "${completion}/_tremorcast" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT programs)
endif()

# The two left out serve the making of images.
install(DIRECTORY deploy DESTINATION "${CMAKE_INSTALL_DATADIR}/tremorcast" USE_SOURCE_PERMISSIONS COMPONENT deploy
        PATTERN runtime-packages EXCLUDE PATTERN compose-secrets EXCLUDE)
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT documents)
install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT documents)
