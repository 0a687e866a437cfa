#include "local/processes/private_file.h"

#include "tests/local_pods/test_programs.h"

#include <catch2/catch.hpp>

namespace sluice::local {
namespace {

using std::filesystem::perms;

perms mode_of(const std::filesystem::path& path) {
  return std::filesystem::status(path).permissions() & perms::mask;
}

TEST_CASE("A private file and the folders made for it are the owner's alone") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "cluster" / "pki" / "ca.key";
  REQUIRE(write_private_file(file, "secret"));
  CHECK(read_private_file(file) == std::string("secret"));
  CHECK(mode_of(file) == (perms::owner_read | perms::owner_write));
  CHECK(mode_of(file.parent_path()) == perms::owner_all);
  CHECK(mode_of(file.parent_path().parent_path()) == perms::owner_all);
}

TEST_CASE("A folder that is claimed is the owner's alone, also where it was open to all") {
  const TemporaryFolder folder;
  const std::filesystem::path open = folder / "open";
  std::filesystem::create_directory(open);
  std::filesystem::permissions(open, perms(0755));
  REQUIRE(make_private_folder(open));
  CHECK(mode_of(open) == perms(0755));
  REQUIRE(claim_private_folder(open));
  CHECK(mode_of(open) == perms::owner_all);
}

TEST_CASE("Where a file is in the way no folder can be made") {
  const TemporaryFolder folder;
  folder.write("file", "text");
  CHECK(make_private_folder(folder.path()));
  CHECK_FALSE(make_private_folder(folder / "file"));
  CHECK_FALSE(make_private_folder(folder.path() / "file" / "below"));
}

}  // namespace
}  // namespace sluice::local
