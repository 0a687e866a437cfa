// Which files a path on the command line means.

#include "cli/input.h"

#include "base/json.h"
#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::cli;

TEST_CASE("a folder is all manifests below it but what is hidden", "[input]") {
  const kube::ScratchFolder folder;
  for (const char* name : {"b.yaml", "a/c.yml", "a/d.json", "README.md", ".hidden.yaml",
                           ".git/config.yaml", "a/.cache/e.yaml"}) {
    folder.write(name, "a: b\n");
  }
  const auto found = find_manifests(folder.path(""));
  REQUIRE(found);
  CHECK(*found ==
        std::vector{folder.path("a/c.yml"), folder.path("a/d.json"), folder.path("b.yaml")});
  CHECK(*find_manifests(folder.path("README.md")) == std::vector{folder.path("README.md")});
  CHECK(*find_manifests("-") == std::vector<std::string>{"-"});
}

TEST_CASE("a folder without manifests is a mistake", "[input]") {
  const kube::ScratchFolder folder;
  folder.write("README.md", "");
  CHECK(find_manifests(folder.path("")).error().code == ErrorCode::Invalid);
}

TEST_CASE("a file is read as it is, an endless one as far as any manifest goes", "[input]") {
  const kube::ScratchFolder folder;
  const std::string text("a: b\r\n\0c", 8);
  CHECK(read_input(folder.write("a.yaml", text)) == text);
  CHECK(read_input(folder.write("empty.yaml", "")) == std::string());
  CHECK(read_input("/dev/zero")->size() == kJsonBytesMax + 1);
  for (const std::string& path : {folder.path("none.yaml"), folder.path("")})
    CHECK(read_input(path).error().message.starts_with(path));
}
