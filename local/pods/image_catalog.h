#pragma once

// Images as folders: the image "shop:v2" is the folder IMAGES/shop/v2. What the folder holds is the
// program's world: relative paths of a container count from it, and its executables come first in
// PATH. An optional image.json or image.yaml in it says what an OCI image's configuration would:
//
//   {"entrypoint": ["./shop"], "cmd": ["--verbose"], "env": {"MODE": "fast"}, "workdir": "data"}

#include "base/result.h"
#include "local/pods/pod_spec.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::local {

/// A parsed image name: "ghcr.io/acme/shop:v2" is acme/shop and v2.
struct ImageReference {
  std::string repository;  ///< Without the registry and without "library/".
  std::string tag;         ///< "latest" where none is given; a digest counts where no tag is.

  bool operator==(const ImageReference&) const = default;
};

/// Fails with Invalid where the text is no image name.
Result<ImageReference> parse_image_reference(std::string_view text);

struct Image {
  std::filesystem::path folder;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::pair<std::string, std::string>> env;
  std::string workdir;
};

/// What a container of an image runs.
struct Launch {
  std::vector<std::string> argv;
  std::string cwd;
};

class ImageCatalog {
 public:
  explicit ImageCatalog(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Looks IMAGES/acme/shop/v2 and then IMAGES/shop/v2 up. Errors: NotFound (no such folder: the
  /// message says which were looked for), Invalid (the name or the image's configuration).
  Result<Image> find(std::string_view reference) const;

 private:
  std::filesystem::path folder_;
};

/// `command` replaces entrypoint and cmd, `args` replaces cmd, as in Kubernetes; both are already
/// expanded. A relative path with a slash, and a name that the image's folder holds, is the image's
/// file. An absolute path is looked for in the folder first, as if that were the root. Fails with
/// Invalid where there is nothing to run.
Result<Launch> plan_launch(const Image& image, const std::vector<std::string>& command,
                           const std::vector<std::string>& args, const std::string& working_dir);

}  // namespace sluice::local
