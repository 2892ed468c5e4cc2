#pragma once

// How the core calls Boost.Math: nothing throws or writes errno. An argument outside the domain
// gives NaN, an overflow infinity. Doubles are not promoted to long double, whose width differs
// between machines. Callers check their arguments first and answer with a Status.

#include <boost/math/policies/policy.hpp>

namespace tremorcast {

namespace math_policy_detail {

using namespace boost::math::policies;  // NOLINT(google-build-using-namespace): the many names of one list

using Policy = policy<domain_error<ignore_error>, pole_error<ignore_error>, overflow_error<ignore_error>,
                      underflow_error<ignore_error>, denorm_error<ignore_error>, evaluation_error<ignore_error>,
                      rounding_error<ignore_error>, indeterminate_result_error<ignore_error>, promote_double<false>>;

}  // namespace math_policy_detail

using MathPolicy = math_policy_detail::Policy;

}  // namespace tremorcast
