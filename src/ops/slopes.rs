//! A method for each row that is the slope of another, or that slopes are made of. They stand after all other
//! methods, since derivatives use them and users hardly ever do.

use super::map::{Operand, record, var_methods};
use crate::graph::Var;
use crate::op::Map;
use gradus_rows::for_each_slope;

macro_rules! slope_methods {
    ($($rows:tt)*) => {
        var_methods! { @ "Slopes of other operations, and what they are made of. Derivatives are recorded with them." $($rows)* }
    };
}
for_each_slope!(slope_methods);
