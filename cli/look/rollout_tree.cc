#include "cli/look/rollout_tree.h"

#include "cli/look/promises.h"
#include "cli/look/rollout_state.h"
#include "cli/look/run_view.h"
#include "cli/look/text_table.h"
#include "verbs/verb_types.h"

#include <fmt/core.h>

#include <string_view>

namespace sluice::cli {
namespace {

constexpr size_t kKeyWidth = 17;
/// All that are kept are in `-o json`.
constexpr size_t kActionsShown = 3;

struct Icon {
  const char* glyph;
  const char* color;
};

constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kBlue = "\x1b[34m";
constexpr const char* kPlain = "\x1b[0m";

Icon icon_of(const std::string& phase) {
  if (phase == "Healthy" || phase == "Running" || phase == "Successful" || phase == "Succeeded" ||
      phase == "Completed") {
    return {"✔", kGreen};
  }
  if (phase == "Degraded" || phase == "Failed" || phase == "CrashLoopBackOff" ||
      phase == "ImagePullBackOff" || phase == "ErrImagePull") {
    return {"✖", kRed};
  }
  if (phase == "Error") return {"⚠", kRed};
  if (phase == "Paused") return {"॥", kYellow};
  if (phase == "Inconclusive" || phase == "Unknown") return {"?", kYellow};
  if (phase == "ScaledDown") return {"•", ""};
  if (phase == "Pending" || phase == "Terminating") return {"◷", kYellow};
  return {"◌", kBlue};
}

constexpr Icon kUndecided = {"◌", kBlue};

std::string text_of(Icon icon, const std::string& phase, TreeStyle style) {
  if (phase.empty()) return "";
  if (!style.color || *icon.color == '\0') return fmt::format("{} {}", icon.glyph, phase);
  return fmt::format("{}{}{} {}", icon.color, icon.glyph, kPlain, phase);
}

/// The state of a ReplicaSet in one word.
std::string replica_set_status(const ReplicaSetInfo& set) {
  if (set.replicas == 0) return set.pods.empty() ? "ScaledDown" : "Progressing";
  return set.available >= set.replicas ? "Healthy" : "Progressing";
}

class Tree {
 public:
  Tree(SystemTime now, TreeStyle style) : now_(now), style_(style) {
    table_.add({"NAME", "KIND", "STATUS", "AGE", "INFO"});
  }

  void add_rollout(const RolloutInfo& info) {
    const crds::Rollout& rollout = info.rollout;
    row("⟳ " + rollout.meta.name, "Rollout", std::string(crds::to_string(rollout.status.phase)),
        rollout.meta.creation_timestamp, "");
    for (size_t i = 0; i < info.revisions.size(); ++i)
      add_revision(info.revisions[i], i + 1 == info.revisions.size());
  }

  std::string render() const { return table_.render(); }

 private:
  static std::string branch(bool last) { return last ? "└──" : "├──"; }

  static std::string below(bool last) { return last ? "   " : "│  "; }

  void row(const std::string& name, const char* kind, const std::string& status, SystemTime created,
           const std::string& info) {
    const bool is_run = std::string_view(kind) == "AnalysisRun";
    table_.add({name, kind, is_run ? verdict_text(status, style_) : phase_text(status, style_),
                format_age(now_ - created), info});
  }

  void add_revision(const RevisionInfo& revision, bool last) {
    table_.add({fmt::format("{}# revision:{}", branch(last), revision.number), "", "", "", ""});
    const size_t children = revision.replica_sets.size() + revision.analysis_runs.size();
    size_t child = 0;
    for (const ReplicaSetInfo& set : revision.replica_sets)
      add_replica_set(set, below(last), ++child == children);
    for (const AnalysisRunInfo& run : revision.analysis_runs) {
      const bool last_child = ++child == children;
      row(below(last) + branch(last_child) + "α " + run.name, "AnalysisRun",
          std::string(crds::to_string(run.phase)), run.created_at,
          counts_text(run.successful, run.failed, run.inconclusive, run.error));
    }
  }

  void add_replica_set(const ReplicaSetInfo& set, const std::string& indent, bool last) {
    std::string info = role_of(set);
    if (set.scale_down_at) {
      info +=
          fmt::format("{}delay:{}", info.empty() ? "" : ",", format_age(*set.scale_down_at - now_));
    }
    row(indent + branch(last) + "⧉ " + set.name, "ReplicaSet", replica_set_status(set),
        set.created_at, info);
    for (size_t i = 0; i < set.pods.size(); ++i) {
      const PodInfo& pod = set.pods[i];
      std::string pod_info = fmt::format("ready:{}/{}", pod.ready_containers, pod.containers);
      if (pod.restarts > 0) pod_info += fmt::format(",restarts:{}", pod.restarts);
      row(indent + below(last) + branch(i + 1 == set.pods.size()) + "□ " + pod.name, "Pod",
          pod.status, pod.created_at, pod_info);
    }
  }

  SystemTime now_;
  TreeStyle style_;
  TextTable table_;
};

class Header {
 public:
  void add(const std::string& key, const std::string& value) { text_ += header_line(key, value); }

  /// One key for all lines; nothing where there are none.
  void add_list(const std::string& key, const std::vector<std::string>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) add(i == 0 ? key : "", lines[i]);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::vector<std::string> wait_lines(const crds::Rollout& rollout, SystemTime now) {
  std::vector<std::string> lines;
  for (const crds::Wait& wait : waits_of(rollout, now))
    lines.push_back(wait_line(wait, rollout.status.message));
  return lines;
}

void add_images(const RolloutInfo& info, Header& header) {
  std::string key = "Images:";
  for (const RevisionInfo& revision : info.revisions) {
    for (const ReplicaSetInfo& set : revision.replica_sets) {
      if (set.replicas == 0) continue;
      const std::string role = role_of(set);
      for (const std::string& image : set.images) {
        header.add(key, role.empty() ? image : fmt::format("{} ({})", image, role));
        key.clear();
      }
    }
  }
}

std::string weight_text(std::optional<int64_t> weight) {
  return weight ? std::to_string(*weight) : "unknown";
}

std::string render_compact(const RolloutInfo& info, SystemTime now, TreeStyle style) {
  const crds::Rollout& rollout = info.rollout;
  const crds::RolloutStatus& status = rollout.status;
  Header header;
  const std::string phase(crds::to_string(status.phase));
  header.add("Status:", text_of(icon_of(phase), phase, style));
  if (!status.message.empty()) header.add("Message:", status.message);
  if (rollout.spec.canary()) {
    header.add("Step:", fmt::format("{}/{}  SetWeight: {}  ActualWeight: {}",
                                    status.current_step_index.value_or(0),
                                    rollout.spec.canary()->steps.size(), set_weight_of(rollout),
                                    weight_text(actual_weight_of(info))));
  }
  add_images(info, header);
  header.add("Replicas:", fmt::format("{} desired, {} current, {} updated, {} ready, {} available",
                                      rollout.spec.replicas.value_or(1), status.replicas,
                                      status.updated_replicas, status.ready_replicas,
                                      status.available_replicas));
  Tree tree(now, style);
  tree.add_rollout(info);
  return header.text() + "\n" + tree.render();
}

}  // namespace

std::string phase_text(const std::string& phase, TreeStyle style) {
  return text_of(icon_of(phase), phase, style);
}

std::string verdict_text(const std::string& phase, TreeStyle style) {
  // A pod that runs is well; a run that runs has not decided anything.
  return text_of(phase == "Running" ? kUndecided : icon_of(phase), phase, style);
}

std::string header_line(const std::string& key, const std::string& value) {
  // At least a blank, where what is no word of ours is longer.
  return pad(key + (key.size() < kKeyWidth ? "" : " "), kKeyWidth) + value + "\n";
}

std::string render_rollout(const RolloutInfo& info, SystemTime now, TreeStyle style) {
  const crds::Rollout& rollout = info.rollout;
  const crds::RolloutStatus& status = rollout.status;
  if (style.compact) return render_compact(info, now, style);
  Header header;
  header.add("Name:", rollout.meta.name);
  header.add("Namespace:", rollout.meta.namespace_);
  header.add("Status:", phase_text(std::string(crds::to_string(status.phase)), style));
  if (!status.message.empty()) header.add("Message:", status.message);
  const std::string freeze = verbs::freeze_text(rollout);
  if (status.message.find(freeze) == std::string::npos) header.add("Frozen:", freeze);
  header.add_list("Asked for:", promise_lines(rollout, now));
  header.add_list("Waits for:", wait_lines(rollout, now));
  if (!info.leases.empty()) header.add("Leases:", info.leases);
  header.add_list("Last done:", action_lines(rollout, kActionsShown));
  header.add("Strategy:", rollout.spec.blue_green() ? "BlueGreen" : "Canary");
  if (rollout.spec.canary()) {
    header.add("  Step:", fmt::format("{}/{}", status.current_step_index.value_or(0),
                                      rollout.spec.canary()->steps.size()));
    header.add("  SetWeight:", std::to_string(set_weight_of(rollout)));
    header.add("  ActualWeight:", weight_text(actual_weight_of(info)));
  }
  add_images(info, header);
  header.add("Replicas:", "");
  header.add("  Desired:", std::to_string(rollout.spec.replicas.value_or(1)));
  header.add("  Current:", std::to_string(status.replicas));
  header.add("  Updated:", std::to_string(status.updated_replicas));
  header.add("  Ready:", std::to_string(status.ready_replicas));
  header.add("  Available:", std::to_string(status.available_replicas));

  Tree tree(now, style);
  tree.add_rollout(info);
  return header.text() + "\n" + tree.render();
}

}  // namespace sluice::cli
