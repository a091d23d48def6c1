use indicatif::HumanCount;
use waterline_store::HeldOut;

use crate::{adopting, args::Model, clock, config::Config, output, startup, words::percent};

pub(crate) async fn run(model: &Model, config: &Config) -> anyhow::Result<()> {
    let store = startup::open_existing_store(config).await?;
    match model {
        Model::Train { seed } => {
            let training = store.train_model(*seed, clock::now()).await?;
            output::print(&training.sentence)?;
            if let Some(adoption) = training.adoption {
                let done = adopting::put_in_force(&store, adoption).await?;
                output::print(adopting::in_words(&done))?;
            }
        }
        Model::List => {
            let models = store.models().await?;
            if models.is_empty() {
                output::print("There is no model yet; one is trained once 100 tickets are tagged.")?;
            }
            let in_force = store.in_force().await?.model;
            for model in models {
                let at = config.zone.local(model.trained_at).format("%-d %B %Y, %H:%M");
                let standing = if in_force == Some(model.number) { ", in force" } else { "" };
                output::print(format!(
                    "{:>4}  trained on {at} from {} tags{standing}; {}",
                    model.number,
                    HumanCount(model.examples),
                    quality(model.held_out)
                ))?;
            }
        }
    }
    Ok(())
}

fn quality(held_out: HeldOut) -> String {
    match (held_out.answered, held_out.right, held_out.right_side) {
        (Some(answered), Some(right), Some(side)) => format!(
            "of {} tags that it never saw it answers {}, {} of those with the right category and {} with the \
             right side",
            HumanCount(held_out.examples),
            percent(answered),
            percent(right),
            percent(side)
        ),
        _ => "not tried on tags that it never saw".to_owned(),
    }
}
