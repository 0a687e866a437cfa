# Writes the manifests into a source file that defines sluice::crds::manifests().

# embed_manifests(OUTPUT file...)
function(embed_manifests output)
  set(entries "")
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND entries "    {\"${name}\", R\"yaml(${text})yaml\"},\n")
  endforeach()
  list(LENGTH ARGN count)
  string(CONCAT source
    "// Written by crds/embed_manifests.cmake.\n\n#include \"crds/manifests.h\"\n\n#include <array>\n\n"
    "namespace sluice::crds {\nnamespace {\n\n"
    "const std::array<Manifest, ${count}> kManifests = {{\n${entries}}};\n\n"
    "}  // namespace\n\nstd::span<const Manifest> manifests() {\n  return kManifests;\n}\n\n"
    "}  // namespace sluice::crds\n")
  file(CONFIGURE OUTPUT ${output} CONTENT "${source}" @ONLY)
endfunction()
