#pragma once

// A folder for one test case, gone with it.

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>

namespace sluice::kube {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-kube-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }

  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Writes the file, folders on the way included, and returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace sluice::kube
