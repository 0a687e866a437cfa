#include "local/pods/image_catalog.h"

#include "base/yaml.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>

namespace sluice::local {

namespace {

namespace fs = std::filesystem;

constexpr size_t kImageNameMax = 512;

/// "localhost", "ghcr.io", "registry:5000": a first part that cannot be a repository's.
bool is_registry(std::string_view component) {
  const size_t colon = component.find(':');
  const std::string_view host = component.substr(0, colon);
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : component.substr(colon + 1);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (host.empty() || host.front() == '.' || !std::all_of(port.begin(), port.end(), is_digit))
    return false;
  return !port.empty() || host == "localhost" || host.find('.') != std::string_view::npos;
}

bool is_name_part(std::string_view part) {
  const auto allowed = [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '.' || c == '_' || c == '-';
  };
  return !part.empty() && part.front() != '.' && part.front() != '-' &&
         std::all_of(part.begin(), part.end(), allowed);
}

bool is_tag(std::string_view tag) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == ':';
  };
  return !tag.empty() && tag.front() != '.' && std::all_of(tag.begin(), tag.end(), allowed);
}

bool is_repository(std::string_view repository) {
  while (true) {
    const size_t slash = repository.find('/');
    if (!is_name_part(repository.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    repository.remove_prefix(slash + 1);
  }
}

std::string read_text(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::optional<Result<Json>> read_configuration(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "image.json", ignored))
    return parse_json(read_text(folder / "image.json"));
  if (!fs::exists(folder / "image.yaml", ignored)) return std::nullopt;
  const Result<std::vector<YamlDocument>> documents = read_yaml(read_text(folder / "image.yaml"));
  if (!documents) return Result<Json>(fail(documents.error()));
  return Result<Json>(documents->empty() ? Json::object() : documents->front().value);
}

Result<std::vector<std::string>> words_at(const Json& configuration, const char* name) {
  std::vector<std::string> words;
  const Json* value = find_path(configuration, name);
  if (value == nullptr) return words;
  if (!value->is_array()) return fail(invalid(fmt::format("{}: must be a list of strings", name)));
  for (const Json& word : *value) {
    if (!word.is_string()) return fail(invalid(fmt::format("{}: must be a list of strings", name)));
    words.push_back(word.get<std::string>());
  }
  return words;
}

/// {"A": "b"} or, as in an OCI configuration, ["A=b"].
Result<std::vector<std::pair<std::string, std::string>>> env_at(const Json& configuration) {
  std::vector<std::pair<std::string, std::string>> env;
  const Json* value = find_path(configuration, "env");
  if (value == nullptr) return env;
  if (value->is_object()) {
    for (const auto& [name, text] : value->items())
      env.emplace_back(name, text.is_string() ? text.get<std::string>() : dump_json(text));
    return env;
  }
  const Result<std::vector<std::string>> words = words_at(configuration, "env");
  if (!words) return fail(words.error());
  for (const std::string& word : *words) {
    const size_t equals = word.find('=');
    env.emplace_back(word.substr(0, equals),
                     equals == std::string::npos ? "" : word.substr(equals + 1));
  }
  return env;
}

Result<Image> decode_image(const fs::path& folder, const Json& configuration) {
  Image image;
  image.folder = folder;
  const Result<std::vector<std::string>> entrypoint = words_at(configuration, "entrypoint");
  const Result<std::vector<std::string>> cmd = words_at(configuration, "cmd");
  auto env = env_at(configuration);
  if (!entrypoint || !cmd || !env)
    return fail(!entrypoint ? entrypoint.error() : !cmd ? cmd.error() : env.error());
  image.entrypoint = *entrypoint;
  image.cmd = *cmd;
  image.env = std::move(*env);
  image.workdir = string_at(configuration, "workdir");
  return image;
}

Result<Image> load_image(const fs::path& folder) {
  const std::optional<Result<Json>> configuration = read_configuration(folder);
  if (!configuration) return Image{folder, {}, {}, {}, ""};
  if (!configuration->has_value())
    return fail(configuration->error().within("the image's configuration"));
  Result<Image> image = decode_image(folder, **configuration);
  return image ? image : fail(image.error().within("the image's configuration"));
}

/// The file that a path of the container means: the image's where the image has it.
fs::path resolve(const fs::path& folder, const std::string& path) {
  std::error_code ignored;
  const fs::path inside = folder / fs::path(path).relative_path();
  return fs::path(path).is_relative() || fs::exists(inside, ignored) ? inside : fs::path(path);
}

}  // namespace

Result<ImageReference> parse_image_reference(std::string_view text) {
  const Error wrong = invalid(fmt::format("couldn't parse image name \"{}\"", text));
  if (text.empty() || text.size() > kImageNameMax) return fail(wrong);
  ImageReference reference;
  std::string_view rest = text;
  std::string_view digest;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_tag(digest)) return fail(wrong);
  }
  if (const size_t slash = rest.find('/');
      slash != std::string_view::npos && is_registry(rest.substr(0, slash))) {
    rest.remove_prefix(slash + 1);
  }
  const size_t colon = rest.find(':');
  reference.repository = rest.substr(0, colon);
  if (colon != std::string_view::npos)
    reference.tag = rest.substr(colon + 1);
  else
    reference.tag = digest.empty() ? "latest" : digest;
  if (reference.repository.starts_with("library/"))
    reference.repository.erase(0, std::string_view("library/").size());
  if (!is_repository(reference.repository) || !is_tag(reference.tag)) return fail(wrong);
  return reference;
}

Result<Image> ImageCatalog::find(std::string_view text) const {
  const Result<ImageReference> reference = parse_image_reference(text);
  if (!reference) return fail(reference.error());
  std::vector<fs::path> candidates{folder_ / reference->repository / reference->tag};
  if (const size_t slash = reference->repository.rfind('/'); slash != std::string::npos)
    candidates.push_back(folder_ / reference->repository.substr(slash + 1) / reference->tag);
  std::string looked_for;
  for (const fs::path& candidate : candidates) {
    std::error_code ignored;
    if (fs::is_directory(candidate, ignored)) return load_image(fs::absolute(candidate));
    looked_for += (looked_for.empty() ? "" : " nor ") + candidate.string();
  }
  return fail(not_found(fmt::format("no folder {}", looked_for)));
}

Result<Launch> plan_launch(const Image& image, const std::vector<std::string>& command,
                           const std::vector<std::string>& args, const std::string& working_dir) {
  Launch launch;
  launch.argv = command.empty() ? image.entrypoint : command;
  const bool image_args = command.empty() && args.empty();
  const std::vector<std::string>& rest = image_args ? image.cmd : args;
  launch.argv.insert(launch.argv.end(), rest.begin(), rest.end());
  if (launch.argv.empty() || launch.argv.front().empty())
    return fail(invalid("no command specified"));
  std::string& program = launch.argv.front();
  std::error_code ignored;
  if (program.find('/') != std::string::npos ||
      fs::is_regular_file(image.folder / program, ignored)) {
    program = resolve(image.folder, program).string();
  }
  const std::string& workdir = working_dir.empty() ? image.workdir : working_dir;
  launch.cwd = workdir.empty() ? image.folder.string() : resolve(image.folder, workdir).string();
  return launch;
}

}  // namespace sluice::local
