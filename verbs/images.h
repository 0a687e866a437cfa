#pragma once

// set image: another image for containers of the pod template.

#include "verbs/verb_types.h"

namespace sluice::verbs {

struct ImageChange {
  std::string container;  ///< "*" for all.
  std::string image;
};

/// "shop=shop:v2" → container and image.
Result<ImageChange> parse_image_change(const std::string& text);

/// Invalid where a container does not exist.
Result<Decision> set_images(const crds::Rollout& rollout, const Ask& ask,
                            const std::vector<ImageChange>& changes);

}  // namespace sluice::verbs
