//! Worlds other than the usual one.

use domain::policy::Engine;
use doppel::local::shop::Shop;
use doppel::local::{Data, Local, LocalOptions, SHOP_RULES, policy};
use runtime::Clock;

use super::World;

/// What is to be different.
#[must_use]
pub struct WorldBuilder {
    engine: Engine,
    customers: u64,
    speed: f64,
    rules: String,
    cluster_quota: Option<usize>,
    notifications: bool,
    policy: Vec<Box<dyn FnOnce(String) -> String + Send>>,
}

impl Default for WorldBuilder {
    /// PostgreSQL, 200 customers, two simulated minutes a second.
    fn default() -> Self {
        Self {
            engine: Engine::Postgres,
            customers: 200,
            speed: 120.0,
            rules: SHOP_RULES.to_owned(),
            cluster_quota: None,
            notifications: false,
            policy: Vec::new(),
        }
    }
}

impl WorldBuilder {
    /// Production's engine.
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Production's size.
    pub fn customers(mut self, customers: u64) -> Self {
        self.customers = customers;
        self
    }

    /// How much faster time passes.
    pub fn speed(mut self, speed: u32) -> Self {
        self.speed = f64::from(speed);
        self
    }

    /// Other masking rules.
    pub fn rules(mut self, change: impl FnOnce(String) -> String) -> Self {
        let before = self.rules.clone();
        self.rules = change(self.rules);
        assert_ne!(before, self.rules, "the rules were changed");
        self
    }

    /// The account may have only so many clusters.
    pub fn cluster_quota(mut self, clusters: usize) -> Self {
        self.cluster_quota = Some(clusters);
        self
    }

    /// An SNS topic is told of every clone.
    pub fn notifications(mut self) -> Self {
        self.notifications = true;
        self
    }

    /// Sets a key of a table of the policy, such as `people`, `clones_per_person`, `1`.
    pub fn policy(mut self, table: &str, key: &str, value: &str) -> Self {
        let (header, line) = (format!("[{table}]\n"), format!("{key} = {value}\n"));
        self.policy.push(Box::new(move |text| {
            assert!(text.contains(&header), "the policy has no {header}");
            text.replacen(&header, &format!("{header}{line}"), 1)
        }));
        self
    }

    /// Setting up may take so long, such as `20h`: for worlds whose time is fast and whose machine may be slow.
    pub fn setup_limit(mut self, limit: &'static str) -> Self {
        self.policy.push(Box::new(move |text| {
            let usual = "setup = \"6h\"";
            assert!(text.contains(usual), "the policy has no {usual}");
            text.replace(usual, &format!("setup = \"{limit}\""))
        }));
        self
    }

    /// Clones are masked on this class.
    pub fn masking_class(mut self, class: &'static str) -> Self {
        self.policy.push(Box::new(move |text| {
            let usual = "masking_class = \"db.r6g.large\"";
            assert!(text.contains(usual), "the policy has no {usual}");
            text.replace(usual, &format!("masking_class = \"{class}\""))
        }));
        self
    }

    /// These classes may be asked for too, in TOML's quotes.
    pub fn classes(mut self, classes: &'static str) -> Self {
        self.policy.push(Box::new(move |text| {
            let usual = "classes = [\"db.t4g.medium\", ";
            assert!(text.contains(usual), "the policy has no {usual}");
            text.replace(usual, &format!("{usual}{classes}, "))
        }));
        self
    }

    /// A team's own masking command.
    pub fn masking_command(self, words: &[String]) -> Self {
        let command: Vec<_> = words.iter().map(|word| format!("'''{word}'''")).collect();
        let masking = format!(
            "{{ command = [{}], task_definition = \"team-masking\", container = \"app\" }}",
            command.join(", ")
        );
        self.policy("sources.production", "masking", &masking)
    }

    /// Starts it.
    pub async fn start(self) -> World {
        crate::audit::listen();
        let mut options = LocalOptions::small(self.engine);
        options.data = Data::Shop(Shop {
            customers: self.customers,
            ..Shop::default()
        });
        options.clock = Clock::faster(self.speed);
        options.poll_seconds = 10;
        options.operator = super::OPERATOR.to_owned();
        options.notifications = self.notifications;
        options.rules = Some(self.rules);
        if let Some(clusters) = self.cluster_quota {
            options.quotas.clusters = clusters;
        }
        let base = policy(self.engine, "shop");
        options.policy = Some(self.policy.into_iter().fold(base, |text, change| change(text)));
        let local = Local::start(options)
            .await
            .unwrap_or_else(|error| panic!("the world cannot start: {error:?}"));
        World {
            local,
            engine: self.engine,
        }
    }
}
