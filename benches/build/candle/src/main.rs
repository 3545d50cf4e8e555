//! Two layers learn XOR.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{AdamW, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, loss};

const RATE: f64 = 0.05;

fn main() -> Result<()> {
    let cpu = Device::Cpu;
    let x = Tensor::new(&[[0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], &cpu)?;
    let t = Tensor::new(&[[0f32], [1.0], [1.0], [0.0]], &cpu)?;
    let params = VarMap::new();
    let vars = VarBuilder::from_varmap(&params, DType::F32, &cpu);
    let hidden = linear(2, 8, vars.pp("hidden"))?;
    let output = linear(8, 1, vars.pp("output"))?;

    let adam = ParamsAdamW { lr: RATE, weight_decay: 0.0, ..Default::default() };
    let mut adam = AdamW::new(params.all_vars(), adam)?;
    for epoch in 0..=300 {
        let logit = output.forward(&hidden.forward(&x)?.tanh()?)?;
        let loss = loss::binary_cross_entropy_with_logit(&logit, &t)?;
        adam.backward_step(&loss)?;
        if epoch % 100 == 0 {
            println!("{epoch:4}  loss {:.4}", loss.to_scalar::<f32>()?);
        }
    }
    Ok(())
}
