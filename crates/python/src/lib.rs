//! `tailrace._kernel`: the only crate that knows PyO3. One file per exported class, errors mapped in `errors`.

mod batch;
mod chunk;
mod decoder;
mod errors;
mod gil;
mod gtid;
mod items;
mod plan;
mod producer;
mod result_set;
mod text;

use pyo3::prelude::*;

#[pymodule]
fn _kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("KERNEL_VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<batch::ArrowRows>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<batch::Commit>()?;
    module.add_class::<chunk::Chunk>()?;
    module.add_class::<decoder::Decoder>()?;
    module.add_class::<gtid::GtidSet>()?;
    module.add_class::<items::NeedTable>()?;
    module.add_class::<items::Query>()?;
    module.add_class::<items::PassedOver>()?;
    module.add_class::<items::Reached>()?;
    module.add_class::<items::Rollback>()?;
    module.add_class::<items::Source>()?;
    module.add_class::<items::Told>()?;
    module.add_class::<items::XaEnd>()?;
    module.add_class::<items::XaHold>()?;
    module.add_class::<plan::Envelope>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<producer::Producer>()?;
    module.add(
        "KafkaFailure",
        module.py().get_type::<producer::KafkaFailure>(),
    )?;
    module.add_class::<result_set::ResultSet>()?;
    module.add_function(wrap_pyfunction!(text::json_text, module)?)?;
    module.add_function(wrap_pyfunction!(text::decode_text, module)?)?;
    module.add_function(wrap_pyfunction!(text::charsets, module)?)?;
    Ok(())
}
