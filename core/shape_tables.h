#pragma once

// The description of Kubernetes' own structs as text: one struct a line, its name and its fields in
// the order in which Go declares, and therefore writes, them. A field is
//
//   name [presence] [:type] [@merge] [<a|b|…>] [(min..max)] [default]
//
//   presence   none: left out where it is empty; `?` a pointer: left out where it is absent;
//              `!` required; `~` optional, but Go writes it always. `!null` and `~null` are written
//              as null where they are absent.
//   type       string where nothing is said; bool, int32, int64, time, intstr, quantity, bytes,
//   any,
//              a struct, `[type]` a list, `{type}` a map from strings.
//   @merge     of lists: strategic merge patches merge by this key, `@` alone as a set; `!` behind
//              the key: no two elements may have the same one. `*` in its place: an empty list
//              stays.
//   <a|b>      the values that there are.
//   (1..9)     the least and the greatest number; either may be left out.
//   default    `=json` is what the server fills in, `=!json` what also the schemas of generated
//   CRDs
//              fill in, `==json` means the same as nothing.
//
// `+Struct` in the place of a field stands for all fields of that struct.

#include <string_view>

namespace sluice::core {

std::string_view pod_shapes();
std::string_view volume_shapes();
std::string_view workload_shapes();
std::string_view object_shapes();

}  // namespace sluice::core
