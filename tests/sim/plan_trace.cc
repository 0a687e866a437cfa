#include "tests/sim/plan_trace.h"

#include "base/log.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::sim {

class PlanTrace::Sink : public LogSink {
 public:
  bool enabled(LogLevel level) const override { return level == LogLevel::Debug; }

  void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    if (message != "applying") return;
    for (const LogField& field : fields)
      if (field.key == "action") text += field.value + "\n";
  }

  std::string text;
};

namespace {

/// Fields that are Sluice's own are no part of the trace.
std::string shared_status(const Json& rollout) {
  const Json* status = find_path(rollout, "status");
  if (status == nullptr) return "";
  Json out = *status;
  for (const char* ours : {"mostAvailableReplicas", "waitingFor", "progress"}) out.erase(ours);
  return out.dump();
}

}  // namespace

PlanTrace::PlanTrace(controller::test::ControllerWorld& world) : sink_(std::make_shared<Sink>()) {
  set_log_sink(sink_);
  observer_ = world.registry->observe([this](const local::Change& change) {
    if (change.resource->kind != "Rollout" || !change.after) return;
    const std::string after = shared_status(*change.after->parse());
    if (change.before && shared_status(*change.before->parse()) == after) return;
    sink_->text += after + "\n";
  });
}

PlanTrace::~PlanTrace() {
  set_log_sink(nullptr);
}

const std::string& PlanTrace::text() const {
  return sink_->text;
}

std::string PlanTrace::hash() const {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

}  // namespace sluice::sim
