#pragma once

// What somebody may have meant who typed a word that is not known. Pure.

#include <string>
#include <vector>

namespace tremorcast {

// " Did you mean '--rejects'?", or "" when nothing known is close to `word`.
std::string DidYouMean(const std::string& word, const std::vector<std::string>& known);

}  // namespace tremorcast
