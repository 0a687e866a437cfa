#pragma once

// An in-memory registry with a clock that stands still, and short ways to talk to it.

#include "local/store/garbage_collector.h"
#include "local/store/registry.h"
#include "local/store/watch_hub.h"
#include "tests/fakes/fake_clock.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sluice::local {

struct RegistryFixture {
  /// `path` is the database's; it is opened again by reopen().
  explicit RegistryFixture(std::string path = ":memory:");

  ResourceTypePtr type(const std::string& storage_name) const;

  /// Creates in namespace "default" (or none); a refusal fails the test.
  Json create(const std::string& storage_name, const Json& object,
              const std::string& namespace_ = "default");
  Json patch(const std::string& storage_name, const std::string& name, const Json& merge_patch,
             Subresource subresource = Subresource::None);
  DeleteResult remove(const std::string& storage_name, const std::string& name,
                      const DeleteOptions& options = {});
  /// Null where the object does not exist.
  Json get(const std::string& storage_name, const std::string& name) const;
  bool exists(const std::string& storage_name, const std::string& name) const;
  std::vector<std::string> names(const std::string& storage_name,
                                 const ListQuery& query = {}) const;

  /// Lets the garbage collector do what is due, and all that follows from it.
  void settle();

  FakeClock clock;
  std::string database_path;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<GarbageCollector> collector;
};

Json config_map(const std::string& name, const Json& data = Json::object());
/// A pod with one container; `spec` is merged into its spec.
Json pod(const std::string& name, const Json& spec = Json::object());
Json replica_set(const std::string& name, int replicas);
/// A CRD of the group example.com with a schema of a few fields.
Json widget_crd();
Json widget(const std::string& name, const Json& spec);
/// `object` with an ownerReference to `owner`.
Json owned_by(Json object, const Json& owner, bool blocks = false);

/// "ADDED name", "MODIFIED name", … of all queued events.
std::vector<std::string> drain(Subscription& subscription);

}  // namespace sluice::local
