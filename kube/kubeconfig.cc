#include "kube/kubeconfig.h"

#include "base/base64.h"
#include "base/yaml.h"
#include "kube/small_file.h"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

namespace sluice::kube {
namespace {

/// Reads the fields of one mapping; remembers the first error, which names the field.
class FieldReader {
 public:
  FieldReader(const Json& value, std::string where, std::filesystem::path folder)
      : value_(value), where_(std::move(where)), folder_(std::move(folder)) {}

  std::string text(const char* field) {
    const Json* found = find(field);
    if (found == nullptr) return {};
    if (found->is_string()) return found->get<std::string>();
    refuse(field, "must be a string");
    return {};
  }

  bool flag(const char* field) {
    const Json* found = find(field);
    if (found == nullptr) return false;
    if (found->is_boolean()) return found->get<bool>();
    refuse(field, "must be true or false");
    return false;
  }

  /// A path, made independent of the file that holds it.
  std::string path(const char* field) {
    const std::string given = text(field);
    return given.empty() ? given : (folder_ / given).lexically_normal().string();
  }

  DataOrFile data_or_file(const std::string& field) {
    const std::string data_field = field + "-data";
    DataOrFile read{.data = {}, .path = path(field.c_str())};
    std::string encoded = text(data_field.c_str());
    // kubectl takes what was pasted with its line breaks.
    std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
    const auto decoded = decode_base64(encoded);
    if (!decoded) refuse(data_field.c_str(), "must be base64");
    read.data = decoded.value_or("");
    return read;
  }

  bool has(const char* field) const { return find(field) != nullptr; }

  const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(const char* field) const {
    const auto found = value_.find(field);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
  }

  void refuse(const char* field, const char* why) {
    if (!error_) error_ = invalid_field(where_, field, why);
  }

  const Json& value_;
  std::string where_;
  std::filesystem::path folder_;
  std::optional<Error> error_;
};

KubeconfigCluster read_entry(FieldReader& fields, std::string where, KubeconfigCluster*) {
  return {.where = std::move(where),
          .server = fields.text("server"),
          .server_name = fields.text("tls-server-name"),
          .ca = fields.data_or_file("certificate-authority"),
          .insecure = fields.flag("insecure-skip-tls-verify"),
          .has_proxy = fields.has("proxy-url")};
}

KubeconfigUser read_entry(FieldReader& fields, std::string where, KubeconfigUser*) {
  KubeconfigUser user{.where = std::move(where),
                      .certificate = fields.data_or_file("client-certificate"),
                      .key = fields.data_or_file("client-key"),
                      .token = fields.text("token"),
                      .token_file = fields.path("tokenFile"),
                      .username = fields.text("username"),
                      .password = fields.text("password"),
                      .unsupported = {}};
  for (const char* field : {"exec", "auth-provider", "as"})
    if (fields.has(field)) user.unsupported = field;
  return user;
}

KubeconfigContext read_entry(FieldReader& fields, std::string where, KubeconfigContext*) {
  return {.where = std::move(where),
          .cluster = fields.text("cluster"),
          .user = fields.text("user"),
          .namespace_ = fields.text("namespace")};
}

/// Reads a list such as `clusters: [{name: a, cluster: {...}}]` into the map; names that are there
/// already stay as they are.
template <typename Entry>
Result<void> read_entries(const Json& document, const std::string& file, const std::string& list,
                          const std::string& member, std::map<std::string, Entry>& into) {
  const auto entries = document.find(list);
  if (entries == document.end() || entries->is_null()) return {};
  if (!entries->is_array()) return fail(invalid(fmt::format("{}: {}: must be a list", file, list)));
  const auto folder = std::filesystem::path(file).parent_path();
  for (const Json& entry : *entries) {
    const std::string name = string_at(entry, "name");
    if (name.empty())
      return fail(invalid(fmt::format("{}: {}: an entry lacks its name", file, list)));
    std::string where = fmt::format("{}: {}[{}]", file, list, name);
    const Json empty = Json::object();
    const Json* found = find_path(entry, member);
    const Json& value = found == nullptr || found->is_null() ? empty : *found;
    if (!value.is_object())
      return fail(invalid(fmt::format("{}.{}: must be a map", where, member)));
    FieldReader fields(value, fmt::format("{}.{}", where, member), folder);
    Entry read = read_entry(fields, std::move(where), static_cast<Entry*>(nullptr));
    if (fields.error()) return fail(*fields.error());
    into.emplace(name, std::move(read));
  }
  return {};
}

Result<void> merge_file(const std::string& file, Kubeconfig& config) {
  const auto text = read_small_file(file);
  if (!text) return fail(text.error());
  const auto documents = read_yaml(*text);
  if (!documents) return fail(documents.error().within(file));
  if (documents->empty()) return {};
  const Json& document = documents->front().value;
  if (!document.is_object()) return fail(invalid(fmt::format("{}: must be a map", file)));
  if (config.current_context.empty())
    config.current_context = string_at(document, "current-context");
  if (auto read = read_entries(document, file, "clusters", "cluster", config.clusters); !read)
    return read;
  if (auto read = read_entries(document, file, "users", "user", config.users); !read) return read;
  return read_entries(document, file, "contexts", "context", config.contexts);
}

/// Inline data beats the file, as with kubectl.
Result<std::string> content_of(const DataOrFile& source, const std::string& where) {
  if (!source.data.empty()) return source.data;
  if (source.path.empty()) return std::string{};
  auto text = read_small_file(source.path);
  if (!text) return fail(text.error().within(where));
  return text;
}

Result<void> add_cluster(const KubeconfigCluster& cluster, Login& login) {
  if (cluster.server.empty())
    return fail(invalid(fmt::format("{}.cluster.server: is not set", cluster.where)));
  if (cluster.has_proxy)
    return fail(invalid(fmt::format("{}.cluster.proxy-url: is not supported", cluster.where)));
  auto ca = content_of(cluster.ca, cluster.where + ".cluster.certificate-authority");
  if (!ca) return fail(ca.error());
  login.server = cluster.server;
  login.tls.ca = std::move(*ca);
  login.tls.insecure = cluster.insecure;
  login.tls.server_name = cluster.server_name;
  return {};
}

Result<void> add_user(const KubeconfigUser& user, Login& login) {
  if (!user.unsupported.empty())
    return fail(invalid(fmt::format("{}.user.{}: is not supported", user.where, user.unsupported)));
  auto certificate = content_of(user.certificate, user.where + ".user.client-certificate");
  if (!certificate) return fail(certificate.error());
  auto key = content_of(user.key, user.where + ".user.client-key");
  if (!key) return fail(key.error());
  login.tls.certificate = std::move(*certificate);
  login.tls.key = std::move(*key);
  login.token = user.token;
  login.token_file = user.token_file;
  login.username = user.username;
  login.password = user.password;
  return {};
}

std::string join(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) text += (text.empty() ? "" : ":") + file;
  return text;
}

/// " (defined: a, b)", for those who mistyped one.
template <typename Entry>
std::string known_names(const std::map<std::string, Entry>& entries) {
  std::string text;
  for (const auto& [name, entry] : entries) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? text : " (defined: " + text + ")";
}

}  // namespace

Result<Kubeconfig> load_kubeconfig(const std::vector<std::string>& paths) {
  Kubeconfig config;
  config.files = paths;
  for (const std::string& path : paths)
    if (auto merged = merge_file(path, config); !merged) return fail(merged.error());
  return config;
}

Result<Login> make_login(const Kubeconfig& config, const LoginOptions& options) {
  const std::string files = join(config.files);
  const std::string& name = options.context.empty() ? config.current_context : options.context;
  if (name.empty()) return fail(invalid(fmt::format("{}: current-context: is not set", files)));
  const auto context = config.contexts.find(name);
  if (context == config.contexts.end()) {
    return fail(invalid(fmt::format("{}: contexts: '{}' is not defined{}", files, name,
                                    known_names(config.contexts))));
  }
  const auto& [where, cluster_name, user_name, context_namespace] = context->second;
  const auto cluster = config.clusters.find(cluster_name);
  if (cluster == config.clusters.end()) {
    return fail(
        invalid(fmt::format("{}.context.cluster: '{}' is not defined", where, cluster_name)));
  }
  Login login;
  if (auto added = add_cluster(cluster->second, login); !added) return fail(added.error());
  if (!user_name.empty()) {
    const auto user = config.users.find(user_name);
    if (user == config.users.end())
      return fail(invalid(fmt::format("{}.context.user: '{}' is not defined", where, user_name)));
    if (auto added = add_user(user->second, login); !added) return fail(added.error());
  }
  login.user = user_name;
  if (!context_namespace.empty()) login.namespace_ = context_namespace;
  if (!options.namespace_.empty()) login.namespace_ = options.namespace_;
  return login;
}

}  // namespace sluice::kube
