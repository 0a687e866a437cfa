#include "cli/run/cluster_notes.h"

#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace sluice::cli;

namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the folder of a cluster keeps itself out of git", "[notes]") {
  const sluice::kube::ScratchFolder folder;
  prepare_cluster_folder(folder.path("a/b"));
  CHECK(read(folder.path("a/b/.gitignore")) == "*\n");
  std::ofstream(folder.path("a/b/.gitignore")) << "mine\n";
  prepare_cluster_folder(folder.path("a/b"));
  CHECK(read(folder.path("a/b/.gitignore")) == "mine\n");
}

TEST_CASE("addresses are kept, and the port of the last time is found in them", "[notes]") {
  const sluice::kube::ScratchFolder folder;
  CHECK(kept_port(folder.path(""), "controller") == 0);
  REQUIRE(
      write_addresses(folder.path(""), "api: https://a:1\ncontroller: http://127.0.0.1:39005\n"));
  CHECK(kept_port(folder.path(""), "controller") == 39005);
  CHECK(kept_port(folder.path(""), "gateway") == 0);
  CHECK_FALSE(write_addresses(folder.path("missing"), "").has_value());
}
